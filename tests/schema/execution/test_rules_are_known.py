"""The proof of validity stands for exactly these rules: it must be looked at again when one is added or changed."""

from __future__ import annotations

import hashlib
import inspect

from graphql import specified_rules
from strawberry.schema.validation_rules.maybe_null import MaybeNullValidationRule
from strawberry.schema.validation_rules.one_of import OneOfInputValidationRule

PROVEN = {
    "DeferStreamDirectiveLabel": "506238ff0ec6",
    "DeferStreamDirectiveOnRootField": "1cdbdfacb503",
    "DeferStreamDirectiveOnValidOperationsRule": "efa1ea15ec74",
    "ExecutableDefinitionsRule": "49d3a7376615",
    "FieldsOnCorrectTypeRule": "23c916074606",
    "FragmentsOnCompositeTypesRule": "474ecc742639",
    "KnownArgumentNamesRule": "fb274e245636",
    "KnownDirectivesRule": "620eb4ddf1b5",
    "KnownFragmentNamesRule": "e851e31645c7",
    "KnownOperationTypesRule": "332e0f60ac29",
    "KnownTypeNamesRule": "fa69c0f5cb5e",
    "LoneAnonymousOperationRule": "72c715a82f1f",
    "MaxIntrospectionDepthRule": "e04964533dd6",
    "MaybeNullValidationRule": "eca6418aacd7",
    "NoFragmentCyclesRule": "8863b4ee06fe",
    "NoUndefinedVariablesRule": "a6f66e8b0063",
    "NoUnusedFragmentsRule": "213d827bc22a",
    "NoUnusedVariablesRule": "1ccd7aebe2b3",
    "OneOfInputValidationRule": "bf8417ec66e7",
    "OverlappingFieldsCanBeMergedRule": "63a613175506",
    "PossibleFragmentSpreadsRule": "380de84d7b27",
    "ProvidedRequiredArgumentsRule": "1d0a1b90ae56",
    "ScalarLeafsRule": "de6f9f8002ba",
    "SingleFieldSubscriptionsRule": "365b8c834522",
    "StreamDirectiveOnListField": "7ba79da25b37",
    "UniqueArgumentNamesRule": "834ba839e64f",
    "UniqueDirectivesPerLocationRule": "3d8a43e72904",
    "UniqueFragmentNamesRule": "c2dee0e47fb8",
    "UniqueInputFieldNamesRule": "fc9ebabdaa35",
    "UniqueOperationNamesRule": "1c5675426838",
    "UniqueVariableNamesRule": "b461403e30cf",
    "ValuesOfCorrectTypeRule": "0a61d6860460",
    "VariablesAreInputTypesRule": "bee3c6391ca5",
    "VariablesInAllowedPositionRule": "14c2f64cfa2d",
}
"""What `gateway.execution.read.validity` was written for: each rule, by the digest of the module it is written in."""


def test_every_rule_is_one_the_proof_was_written_for() -> None:
    rules = (*specified_rules, MaybeNullValidationRule, OneOfInputValidationRule)
    found = {rule.__name__: _digest(rule) for rule in rules}
    added, gone = found.keys() - PROVEN.keys(), PROVEN.keys() - found.keys()
    changed = {name for name in found.keys() & PROVEN.keys() if found[name] != PROVEN[name]}
    assert (added, gone, changed) == (set(), set(), set()), "look at execution/read/validity.py, then note it here"


def _digest(rule: type) -> str:
    module = inspect.getmodule(rule)
    assert module is not None
    return hashlib.sha256(inspect.getsource(module).encode()).hexdigest()[:12]
