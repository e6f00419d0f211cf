"""Each fault that adapters had, or could have, fails the test that is about it; without the fault the test passes."""

from __future__ import annotations

import inspect
from typing import Any

import pytest

from gateway.errors import AdapterError
from gateway.ports.product import LIST_PRODUCTS
from gateway.testing.conformance import (
    BadAnswer,
    CatalogConformance,
    ConformanceFacts,
    CustomerConformance,
    LoyaltyConformance,
    OrdersConformance,
    PriceConformance,
    PromotionConformance,
    ReferenceControl,
    SearchConformance,
    ShippingConformance,
    StockConformance,
    TaxConformance,
)
from gateway.testing.conformance.example import example_facts, example_seed
from gateway.testing.reference import OPERATIONS, ReferenceAdapter
from gateway.testing.reference.manifest import MANIFEST
from tests.contract.conformance import planted, planted_baskets, planted_listings

FACTS = example_facts("broken")
SPECS = {SearchConformance: "search.search", OrdersConformance: "order.list_orders"}

FAULTS: list[tuple[type[ReferenceAdapter], type, str]] = [
    (planted.BinaryTail, PriceConformance, "answers_are_utc_decimal_and_name_their_source"),
    (planted.TooManyDigits, PriceConformance, "a_price_for_one_piece_has_no_more_digits_than_its_source_keeps"),
    (planted.DoesNotAddUp, PriceConformance, "answers_are_utc_decimal_and_name_their_source"),
    (planted.TaxTwice, PriceConformance, "the_known_price_without_tax_is_answered_exactly"),
    (planted.WrongTreatment, PriceConformance, "the_known_price_says_how_it_is_taxed"),
    (planted.MixedTreatment, PriceConformance, "all_that_a_price_says_is_taxed_as_the_price"),
    (planted.LongLine, PriceConformance, "what_is_charged_has_the_digits_of_the_currency"),
    (planted.OnePieceAlways, PriceConformance, "a_quantity_changes_the_price_and_no_other_in_the_same_call"),
    (planted.OnePieceAlways, PriceConformance, "a_line_costs_as_many_pieces_as_were_asked"),
    (planted.BySkuAlone, PriceConformance, "a_quantity_changes_the_price_and_no_other_in_the_same_call"),
    (planted_listings.UnknownRaises, CatalogConformance, "unknown_key_of_every_kind_is_absent"),
    (planted_listings.UnknownIdRaises, CatalogConformance, "unknown_key_of_every_kind_is_absent"),
    (planted_listings.UnknownBarcodeRaises, CatalogConformance, "unknown_key_of_every_kind_is_absent"),
    (planted.UnknownIsAnError, StockConformance, "unknown_key_of_every_kind_is_absent"),
    (planted_listings.OneKindACall, CatalogConformance, "keys_of_every_kind_in_one_call_find_what_each_finds_alone"),
    (planted.OneKindOfCustomer, CustomerConformance, "a_customer_is_the_same_by_every_kind_of_key"),
    (planted.ByPosition, PriceConformance, "the_answer_does_not_depend_on_how_keys_are_chunked"),
    (planted_listings.shown("by_sku"), CatalogConformance, "what_is_hidden_is_found_by_no_key"),
    (planted_listings.shown("by_slug"), CatalogConformance, "what_is_hidden_is_found_by_no_key"),
    (planted_listings.shown("by_id"), CatalogConformance, "what_is_hidden_is_found_by_no_key"),
    (planted_listings.shown("by_barcode"), CatalogConformance, "what_is_hidden_is_found_by_no_key"),
    (planted_listings.shown("in_lists"), CatalogConformance, "what_is_hidden_is_in_no_listing"),
    (planted_listings.shown("in_search"), SearchConformance, "what_is_hidden_is_not_found"),
    (planted_listings.Mislabelled, CatalogConformance, "what_nobody_translated_says_the_language_it_is_in"),
    (planted_listings.MislabelledVariants, CatalogConformance, "what_nobody_translated_says_the_language_it_is_in"),
    (planted_listings.NeverTranslates, CatalogConformance, "a_translated_text_is_in_the_language_it_says"),
    (planted_listings.IgnoresTheCategory, CatalogConformance, "a_category_lists_its_products_and_no_others"),
    (planted_listings.CategoryWithoutItsTree, CatalogConformance, "a_category_lists_its_products_and_no_others"),
    (planted_listings.IgnoresTheCollection, CatalogConformance, "a_collection_lists_its_products_and_no_others"),
    (planted_listings.NonsenseRefused, CatalogConformance, "what_was_never_given_out_lists_nothing"),
    (planted_listings.OrphanCategories, CatalogConformance, "categories_are_a_tree_that_products_are_in"),
    (planted_listings.IgnoresAfter, CatalogConformance, "pages_of_the_assortment_neither_lose_nor_double"),
    (planted_listings.NoEnd, CatalogConformance, "pages_of_the_assortment_neither_lose_nor_double"),
    (planted_listings.EntriesRepeat, LoyaltyConformance, "entries_are_paged_newest_first_without_loss"),
    (planted_listings.AnyCursor, SearchConformance, "a_position_that_was_never_given_out_is_an_invalid_cursor"),
    (planted_listings.AsksTwice, CatalogConformance, "a_listing_makes_as_many_requests_as_declared"),
    (planted_listings.AsksTwice, CatalogConformance, "categories_are_a_tree_that_products_are_in"),
    (planted_listings.AsksTwice, OrdersConformance, "pages_neither_lose_nor_double"),
    (planted_listings.AsksTwice, SearchConformance, "pages_of_hits_neither_lose_nor_double"),
    (planted_listings.AsksTwice, LoyaltyConformance, "entries_are_paged_newest_first_without_loss"),
    (planted_listings.IgnoresFilters, SearchConformance, "a_facet_value_narrows_to_as_many_as_it_counts"),
    (planted_listings.FirstValueOnly, SearchConformance, "values_of_a_facet_add_up_and_facets_narrow_each_other"),
    (planted_listings.FirstFilterOnly, SearchConformance, "values_of_a_facet_add_up_and_facets_narrow_each_other"),
    (planted_listings.NoFacets, SearchConformance, "a_facet_value_narrows_to_as_many_as_it_counts"),
    (planted_listings.IgnoresTheOrder, SearchConformance, "every_declared_order_is_applied_and_no_other"),
    (planted_listings.SomebodyElsesOrders, OrdersConformance, "orders_are_the_customers_own"),
    (planted_listings.OrdersWithTails, OrdersConformance, "what_was_paid_has_the_digits_of_the_currency"),
    (planted_baskets.ForgetsRefusedCodes, PromotionConformance, "every_code_is_accepted_or_refused_once"),
    (planted_baskets.AcceptsAndRefuses, PromotionConformance, "every_code_is_accepted_or_refused_once"),
    (planted_baskets.NeverSaysWhy, PromotionConformance, "a_refused_code_says_why_and_takes_nothing_off"),
    (planted_baskets.OneBadCodeSpoilsAll, PromotionConformance, "a_refused_code_costs_no_other_its_effect"),
    (planted_baskets.GivesMoneyAway, PromotionConformance, "no_line_is_let_off_more_than_it_costs"),
    (planted_baskets.DiscountOfAnotherKind, PromotionConformance, "a_discount_is_positive_named_and_taxed"),
    (planted_baskets.NegativeDiscounts, PromotionConformance, "a_discount_is_positive_named_and_taxed"),
    (planted_baskets.UsesCodesUp, PromotionConformance, "asking_books_nothing"),
    (planted_baskets.AsksForEachLine, PromotionConformance, "no_call_depends_on_the_number_of_lines"),
    (planted_baskets.AsksForEachLine, ShippingConformance, "no_call_depends_on_the_number_of_lines"),
    (planted_baskets.AsksForEachLine, TaxConformance, "no_call_depends_on_the_number_of_lines"),
    (planted_baskets.CarriesEverywhere, ShippingConformance, "where_nobody_carries_there_is_no_option"),
    (planted_baskets.DearestFirst, ShippingConformance, "options_are_distinct_cheapest_first"),
    (planted_baskets.GuessesWeights, ShippingConformance, "a_line_the_owner_does_not_know_is_refused"),
    (planted_baskets.TaxesBeforeDiscounts, TaxConformance, "every_line_is_taxed_in_order_on_what_is_left_of_it"),
    (planted_baskets.ForgetsDelivery, TaxConformance, "what_delivery_costs_is_taxed_beside_the_lines"),
    (planted_baskets.TotalOfItsOwn, TaxConformance, "the_total_is_the_lines_to_a_minor_unit_each"),
]
BAD_ANSWERS = "what_is_no_answer_is_told_by_its_class"


def names_of(fault: tuple[type[ReferenceAdapter], type, str]) -> str:
    return f"{fault[0].__name__}-{fault[2]}"


async def run(adapter: ReferenceAdapter, suite: type[Any], name: str, **given: object) -> None:
    """One test of a suite, as pytest would call it."""
    operation = getattr(suite, "operation", None)
    known: dict[str, object] = {
        "adapter": adapter,
        "facts": FACTS,
        "manifest": MANIFEST,
        "backend": ReferenceControl(adapter),
        "spec": OPERATIONS[operation.name if operation is not None else SPECS[suite]],
        "listing": OPERATIONS[LIST_PRODUCTS.name],
        "secrets": (planted.SECRET,),
        "records": None,
        **given,
    }
    whole = next(each for each in dir(suite) if each.startswith(f"test_{name}"))
    test = getattr(suite(), whole)
    await test(**{parameter: known[parameter] for parameter in inspect.signature(test).parameters})


def caught() -> Any:
    return pytest.raises((AssertionError, AdapterError, pytest.fail.Exception))


@pytest.mark.parametrize("fault", FAULTS, ids=names_of)
async def test_a_planted_fault_is_caught(fault: tuple[type[ReferenceAdapter], type, str]) -> None:
    broken, suite, name = fault
    await run(ReferenceAdapter("broken", example_seed()), suite, name)
    with caught():
        await run(broken("broken", example_seed()), suite, name)


@pytest.mark.parametrize("bad", [bad for bad in BadAnswer if bad is not BadAnswer.ERROR_500])
async def test_a_failure_told_as_another_is_caught(bad: BadAnswer) -> None:
    adapter = planted.AllFailuresAlike("broken", example_seed())
    with caught():
        await run(adapter, PriceConformance, BAD_ANSWERS, bad=bad)


@pytest.mark.parametrize("bad", [bad for bad in BadAnswer if bad is not BadAnswer.ERROR_500])
async def test_a_failure_taken_for_nothing_is_caught(bad: BadAnswer) -> None:
    adapter = planted.FailureIsNothing("broken", example_seed())
    with caught():
        await run(adapter, CatalogConformance, BAD_ANSWERS, bad=bad)


@pytest.mark.parametrize("broken", [planted.SaysItsToken, planted.SaysItsTokenToOperators])
async def test_a_credential_in_an_errors_text_is_caught(broken: type[ReferenceAdapter]) -> None:
    with pytest.raises(AssertionError, match="credential"):
        await run(broken("broken", example_seed()), PriceConformance, BAD_ANSWERS, bad=BadAnswer.HTML)


@pytest.mark.parametrize("impostor", [planted.AnyCredentialDoes, planted.ImpostorUnavailable])
async def test_wrong_credentials_that_are_not_told_as_such_are_caught(impostor: type[ReferenceAdapter]) -> None:
    adapter, name = ReferenceAdapter("broken", example_seed()), "wrong_credentials_are_told_as_such"
    await run(adapter, PriceConformance, name, impostor=planted.ImpostorRefused("broken", example_seed()))
    with caught():
        await run(adapter, PriceConformance, name, impostor=impostor("broken", example_seed()))


async def test_a_fact_that_nobody_gave_fails_and_one_that_is_impossible_says_why() -> None:
    adapter, name = ReferenceAdapter("broken", example_seed()), "two_bearers_of_a_sku_have_no_price"
    with pytest.raises(pytest.fail.Exception, match="duplicate_sku"):
        await run(adapter, PriceConformance, name, facts=ConformanceFacts())
    unique = ConformanceFacts(impossible={"duplicate_sku": "SKUs are unique there"})
    with pytest.raises(pytest.xfail.Exception, match="SKUs are unique there"):
        await run(adapter, PriceConformance, name, facts=unique)
    with pytest.raises(pytest.skip.Exception, match="duplicate_sku"):
        await run(adapter, PriceConformance, name, facts=ConformanceFacts(partial=True))
