"""The part of Square's API this sandbox speaks, described by us: paths, and the fields of what goes in and out. A
contract test holds it to be a subset of the vendor's own OpenAPI file. Anything else is refused, as Square does
with an unknown body parameter.

How schemas are written: `gateway.testing.description`."""

from __future__ import annotations

from collections.abc import Mapping

from gateway.testing.description import Description, read_models

PATHS: Mapping[str, tuple[str | None, str]] = {
    "POST /v2/catalog/search": ("SearchCatalogObjectsRequest", "SearchCatalogObjectsResponse"),
    "POST /v2/catalog/search-catalog-items": ("SearchCatalogItemsRequest", "SearchCatalogItemsResponse"),
    "POST /v2/catalog/batch-retrieve": ("BatchRetrieveCatalogObjectsRequest", "BatchRetrieveCatalogObjectsResponse"),
    "POST /v2/inventory/counts/batch-retrieve": (
        "BatchRetrieveInventoryCountsRequest",
        "BatchRetrieveInventoryCountsResponse",
    ),
    "POST /v2/inventory/changes/batch-create": ("BatchChangeInventoryRequest", "BatchChangeInventoryResponse"),
    "POST /v2/inventory/changes/batch-retrieve": (
        "BatchRetrieveInventoryChangesRequest",
        "BatchRetrieveInventoryChangesResponse",
    ),
    "GET /v2/locations": (None, "ListLocationsResponse"),
    "POST /v2/customers": ("CreateCustomerRequest", "CreateCustomerResponse"),
    "POST /v2/customers/search": ("SearchCustomersRequest", "SearchCustomersResponse"),
    "POST /v2/customers/bulk-retrieve": ("BulkRetrieveCustomersRequest", "BulkRetrieveCustomersResponse"),
    "POST /v2/loyalty/accounts/search": ("SearchLoyaltyAccountsRequest", "SearchLoyaltyAccountsResponse"),
    "POST /v2/loyalty/events/search": ("SearchLoyaltyEventsRequest", "SearchLoyaltyEventsResponse"),
    "GET /v2/loyalty/programs/{program_id}": (None, "RetrieveLoyaltyProgramResponse"),
    "GET /v2/loyalty/programs/{program_id}/promotions": (None, "ListLoyaltyPromotionsResponse"),
    "POST /v2/orders": ("CreateOrderRequest", "CreateOrderResponse"),
    "POST /v2/orders/calculate": ("CalculateOrderRequest", "CalculateOrderResponse"),
    "GET /v2/orders/{order_id}": (None, "RetrieveOrderResponse"),
    "PUT /v2/orders/{order_id}": ("UpdateOrderRequest", "UpdateOrderResponse"),
    "POST /v2/payments": ("CreatePaymentRequest", "CreatePaymentResponse"),
    "POST /v2/orders/search": ("SearchOrdersRequest", "SearchOrdersResponse"),
    "POST /v2/orders/batch-retrieve": ("BatchRetrieveOrdersRequest", "BatchRetrieveOrdersResponse"),
}

RIGHTS: Mapping[str, str] = {
    "/v2/catalog/": "ITEMS_READ",
    "/v2/inventory/": "INVENTORY_READ",
    "/v2/locations": "MERCHANT_PROFILE_READ",
    "/v2/customers": "CUSTOMERS_READ",
    "/v2/loyalty/": "LOYALTY_READ",
    "/v2/orders": "ORDERS_READ",
    "POST /v2/inventory/changes/batch-create": "INVENTORY_WRITE",
    "POST /v2/customers": "CUSTOMERS_WRITE",
    "POST /v2/orders": "ORDERS_WRITE",
    "PUT /v2/orders/{order_id}": "ORDERS_WRITE",
    "POST /v2/payments": "PAYMENTS_WRITE",
    "POST /v2/orders/calculate": "",
}
"""The right an access token needs, by operation, or by the beginning of its path."""

_LINES = """
Error category*:string code*:string detail:string field:string
Money amount:integer currency:string
TimeRange start_at:string end_at:string

SearchCatalogObjectsRequest cursor:string object_types:[string] include_deleted_objects:boolean include_related_objects:boolean begin_time:string query:CatalogQuery limit:integer
CatalogQuery set_query:CatalogQuerySet exact_query:CatalogQueryExact
CatalogQuerySet attribute_name*:string attribute_values*:[string]
CatalogQueryExact attribute_name*:string attribute_value*:string
SearchCatalogObjectsResponse errors:[Error] cursor:string objects:[CatalogObject] related_objects:[CatalogObject] latest_time:string
SearchCatalogItemsRequest category_ids:[string] limit:integer cursor:string
SearchCatalogItemsResponse errors:[Error] items:[CatalogObject] cursor:string
BatchRetrieveCatalogObjectsRequest object_ids*:[string] include_related_objects:boolean include_deleted_objects:boolean
BatchRetrieveCatalogObjectsResponse errors:[Error] objects:[CatalogObject] related_objects:[CatalogObject]
CatalogObject type*:string id*:string updated_at:string version:integer is_deleted:boolean present_at_all_locations:boolean present_at_location_ids:[string] absent_at_location_ids:[string] item_data:CatalogItem item_variation_data:CatalogItemVariation category_data:CatalogCategory tax_data:CatalogTax image_data:CatalogImage item_option_data:CatalogItemOption item_option_value_data:CatalogItemOptionValue
CatalogItem name:string description:string description_html:string description_plaintext:string is_taxable:boolean tax_ids:[string] categories:[CatalogObjectCategory] reporting_category:CatalogObjectCategory variations:[CatalogObject] product_type:string item_options:[CatalogItemOptionForItem] image_ids:[string] is_archived:boolean
CatalogItemOptionForItem item_option_id:string
CatalogItemVariation item_id:string name:string sku:string upc:string ordinal:integer pricing_type:string price_money:Money location_overrides:[ItemVariationLocationOverrides] track_inventory:boolean item_option_values:[CatalogItemOptionValueForItemVariation] image_ids:[string] sellable:boolean stockable:boolean
CatalogItemOptionValueForItemVariation item_option_id:string item_option_value_id:string
ItemVariationLocationOverrides location_id:string price_money:Money pricing_type:string track_inventory:boolean sold_out:boolean sold_out_valid_until:string
CatalogObjectCategory id:string ordinal:integer
CatalogCategory name:string category_type:string parent_category:CatalogObjectCategory is_top_level:boolean
CatalogTax name:string calculation_phase:string inclusion_type:string percentage:string enabled:boolean
CatalogImage url:string caption:string
CatalogItemOption name:string display_name:string values:[CatalogObject]
CatalogItemOptionValue item_option_id:string name:string ordinal:integer

BatchRetrieveInventoryCountsRequest catalog_object_ids:[string] location_ids:[string] updated_after:string cursor:string states:[string] limit:integer
BatchRetrieveInventoryCountsResponse errors:[Error] counts:[InventoryCount] cursor:string
InventoryCount catalog_object_id:string catalog_object_type:string state:string location_id:string quantity:string calculated_at:string
BatchChangeInventoryRequest idempotency_key*:string changes:[InventoryChange] ignore_unchanged_counts:boolean
BatchChangeInventoryResponse errors:[Error] counts:[InventoryCount] changes:[InventoryChange]
BatchRetrieveInventoryChangesRequest catalog_object_ids:[string] location_ids:[string] types:[string] states:[string] updated_after:string updated_before:string cursor:string limit:integer
BatchRetrieveInventoryChangesResponse errors:[Error] changes:[InventoryChange] cursor:string
InventoryChange type:string adjustment:InventoryAdjustment
InventoryAdjustment id:string reference_id:string from_state:string to_state:string location_id:string catalog_object_id:string catalog_object_type:string quantity:string occurred_at:string created_at:string

ListLocationsResponse errors:[Error] locations:[Location]
Location id:string name:string address:Address timezone:string status:string merchant_id:string country:string language_code:string currency:string phone_number:string business_name:string type:string business_hours:BusinessHours coordinates:Coordinates
Address address_line_1:string address_line_2:string address_line_3:string locality:string administrative_district_level_1:string postal_code:string country:string
Coordinates latitude:number longitude:number
BusinessHours periods:[BusinessHoursPeriod]
BusinessHoursPeriod day_of_week:string start_local_time:string end_local_time:string

CreateCustomerRequest idempotency_key:string given_name:string family_name:string email_address:string phone_number:string
CreateCustomerResponse errors:[Error] customer:Customer
SearchCustomersRequest cursor:string limit:integer query:CustomerQuery
CustomerQuery filter:CustomerFilter
CustomerFilter email_address:CustomerTextFilter phone_number:CustomerTextFilter reference_id:CustomerTextFilter
CustomerTextFilter exact:string fuzzy:string
SearchCustomersResponse errors:[Error] customers:[Customer] cursor:string
Customer id:string created_at:string updated_at:string given_name:string family_name:string email_address:string phone_number:string birthday:string reference_id:string preferences:CustomerPreferences creation_source:string group_ids:[string] version:integer
CustomerPreferences email_unsubscribed:boolean
BulkRetrieveCustomersRequest customer_ids*:[string]
BulkRetrieveCustomersResponse responses:{RetrieveCustomerResponse} errors:[Error]
RetrieveCustomerResponse errors:[Error] customer:Customer

SearchLoyaltyAccountsRequest query:SearchLoyaltyAccountsRequestLoyaltyAccountQuery limit:integer cursor:string
SearchLoyaltyAccountsRequestLoyaltyAccountQuery mappings:[LoyaltyAccountMapping] customer_ids:[string]
LoyaltyAccountMapping id:string created_at:string phone_number:string
SearchLoyaltyAccountsResponse errors:[Error] loyalty_accounts:[LoyaltyAccount] cursor:string
LoyaltyAccount id:string program_id*:string balance:integer lifetime_points:integer customer_id:string enrolled_at:string created_at:string mapping:LoyaltyAccountMapping expiring_point_deadlines:[LoyaltyAccountExpiringPointDeadline]
LoyaltyAccountExpiringPointDeadline points*:integer expires_at*:string
SearchLoyaltyEventsRequest query:LoyaltyEventQuery limit:integer cursor:string
LoyaltyEventQuery filter:LoyaltyEventFilter
LoyaltyEventFilter loyalty_account_filter:LoyaltyEventLoyaltyAccountFilter date_time_filter:LoyaltyEventDateTimeFilter
LoyaltyEventLoyaltyAccountFilter loyalty_account_id*:string
LoyaltyEventDateTimeFilter created_at*:TimeRange
SearchLoyaltyEventsResponse errors:[Error] events:[LoyaltyEvent] cursor:string
LoyaltyEvent id*:string type*:string created_at*:string loyalty_account_id*:string source*:string location_id:string accumulate_points:LoyaltyEventAccumulatePoints create_reward:LoyaltyEventCreateReward redeem_reward:LoyaltyEventRedeemReward delete_reward:LoyaltyEventDeleteReward adjust_points:LoyaltyEventAdjustPoints expire_points:LoyaltyEventExpirePoints other_event:LoyaltyEventOther
LoyaltyEventAccumulatePoints loyalty_program_id:string points:integer order_id:string
LoyaltyEventCreateReward loyalty_program_id*:string points*:integer
LoyaltyEventRedeemReward loyalty_program_id*:string order_id:string
LoyaltyEventDeleteReward loyalty_program_id*:string points*:integer
LoyaltyEventAdjustPoints loyalty_program_id:string points*:integer reason:string
LoyaltyEventExpirePoints loyalty_program_id*:string points*:integer
LoyaltyEventOther loyalty_program_id*:string points*:integer
RetrieveLoyaltyProgramResponse errors:[Error] program:LoyaltyProgram
ListLoyaltyPromotionsResponse errors:[Error] loyalty_promotions:[LoyaltyPromotion] cursor:string
LoyaltyPromotion id:string name*:string incentive*:LoyaltyPromotionIncentive available_time*:LoyaltyPromotionAvailableTimeData status:string loyalty_program_id:string
LoyaltyPromotionIncentive type*:string points_multiplier_data:LoyaltyPromotionIncentivePointsMultiplierData
LoyaltyPromotionIncentivePointsMultiplierData points_multiplier:integer multiplier:string
LoyaltyPromotionAvailableTimeData start_date:string end_date:string time_periods*:[string]
LoyaltyProgram id:string status:string terminology:LoyaltyProgramTerminology location_ids:[string] accrual_rules:[LoyaltyProgramAccrualRule]
LoyaltyProgramTerminology one*:string other*:string
LoyaltyProgramAccrualRule accrual_type*:string points:integer visit_data:LoyaltyProgramAccrualRuleVisitData spend_data:LoyaltyProgramAccrualRuleSpendData item_variation_data:LoyaltyProgramAccrualRuleItemVariationData category_data:LoyaltyProgramAccrualRuleCategoryData
LoyaltyProgramAccrualRuleVisitData minimum_amount_money:Money tax_mode*:string
LoyaltyProgramAccrualRuleSpendData amount_money*:Money excluded_category_ids:[string] excluded_item_variation_ids:[string] tax_mode*:string
LoyaltyProgramAccrualRuleItemVariationData item_variation_id*:string
LoyaltyProgramAccrualRuleCategoryData category_id*:string

SearchOrdersRequest location_ids:[string] cursor:string query:SearchOrdersQuery limit:integer return_entries:boolean
SearchOrdersQuery filter:SearchOrdersFilter sort:SearchOrdersSort
SearchOrdersFilter state_filter:SearchOrdersStateFilter date_time_filter:SearchOrdersDateTimeFilter source_filter:SearchOrdersSourceFilter customer_filter:SearchOrdersCustomerFilter
SearchOrdersStateFilter states*:[string]
SearchOrdersDateTimeFilter created_at:TimeRange updated_at:TimeRange closed_at:TimeRange
SearchOrdersSourceFilter source_names:[string]
SearchOrdersCustomerFilter customer_ids:[string]
SearchOrdersSort sort_field*:string sort_order:string
SearchOrdersResponse errors:[Error] orders:[Order] cursor:string
BatchRetrieveOrdersRequest location_id:string order_ids*:[string]
BatchRetrieveOrdersResponse errors:[Error] orders:[Order]
CreateOrderRequest order:Order idempotency_key:string
CreateOrderResponse order:Order errors:[Error]
RetrieveOrderResponse order:Order errors:[Error]
UpdateOrderRequest order:Order fields_to_clear:[string] idempotency_key:string
UpdateOrderResponse order:Order errors:[Error]
CalculateOrderRequest order*:Order
CalculateOrderResponse order:Order errors:[Error]
CreatePaymentRequest source_id*:string idempotency_key*:string amount_money:Money order_id:string location_id:string reference_id:string external_details:ExternalPaymentDetails
CreatePaymentResponse errors:[Error] payment:Payment
ExternalPaymentDetails type*:string source*:string source_id:string
Payment id:string status:string source_type:string order_id:string amount_money:Money external_details:ExternalPaymentDetails reference_id:string
OrderLineItemAppliedTax tax_uid*:string
OrderLineItemAppliedDiscount discount_uid*:string
OrderLineItemDiscount uid:string name:string type:string scope:string amount_money:Money
OrderServiceCharge uid:string name:string amount_money:Money calculation_phase:string taxable:boolean applied_taxes:[OrderLineItemAppliedTax]
Fulfillment uid:string type:string state:string shipment_details:FulfillmentShipmentDetails
FulfillmentShipmentDetails recipient:FulfillmentRecipient shipping_type:string
FulfillmentRecipient display_name:string email_address:string phone_number:string address:Address
Order id:string location_id*:string reference_id:string ticket_name:string source:OrderSource customer_id:string metadata:{string} discounts:[OrderLineItemDiscount] service_charges:[OrderServiceCharge] fulfillments:[Fulfillment] line_items:[OrderLineItem] taxes:[OrderLineItemTax] returns:[OrderReturn] net_amounts:OrderMoneyAmounts return_amounts:OrderMoneyAmounts refunds:[Refund] created_at:string updated_at:string closed_at:string state:string version:integer total_money:Money total_tax_money:Money total_discount_money:Money
OrderSource name:string
OrderLineItem uid:string name:string variation_name:string quantity*:string catalog_object_id:string item_type:string applied_taxes:[OrderLineItemAppliedTax] applied_discounts:[OrderLineItemAppliedDiscount] base_price_money:Money gross_sales_money:Money total_tax_money:Money total_discount_money:Money total_money:Money
OrderLineItemTax uid:string name:string type:string percentage:string applied_money:Money scope:string
OrderReturn uid:string source_order_id:string return_line_items:[OrderReturnLineItem] return_amounts:OrderMoneyAmounts
OrderReturnLineItem uid:string source_line_item_uid:string name:string variation_name:string quantity*:string catalog_object_id:string item_type:string base_price_money:Money total_tax_money:Money total_discount_money:Money total_money:Money
OrderMoneyAmounts total_money:Money tax_money:Money discount_money:Money
Refund id*:string location_id*:string reason*:string amount_money*:Money status*:string
"""  # noqa: E501


def right_of(operation: str) -> str:
    """Empty where any token will do."""
    if operation in RIGHTS:
        return RIGHTS[operation]
    path = operation.partition(" ")[2]
    return next(right for beginning, right in RIGHTS.items() if path.startswith(beginning))


DESCRIPTION = Description(read_models(_LINES))
