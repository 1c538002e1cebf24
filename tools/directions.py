"""Through which modules may one feature use another? An import-linter contract of our own (.importlinter)."""

from __future__ import annotations

from grimp import ImportGraph
from importlinter import Contract, ContractCheck, fields, output


class Doors(Contract):
    """`doors` are module names that every feature opens (`service`) or whole modules (`wechat.client`)."""

    type_name = "doors"
    features = fields.ListField(subfield=fields.StringField())
    doors = fields.ListField(subfield=fields.StringField())

    def check(self, graph: ImportGraph, verbose: bool) -> ContractCheck:
        features: set[str] = set(self.features)  # type: ignore[call-overload]
        doors: set[str] = set(self.doors)  # type: ignore[call-overload]
        trespasses = sorted(
            (importer, imported)
            for importer in graph.modules
            if _feature(importer) in features
            for imported in graph.find_modules_directly_imported_by(importer)
            if _feature(imported) in features - {_feature(importer)} and not _is_door(imported, doors)
        )
        return ContractCheck(kept=not trespasses, metadata={"trespasses": trespasses})

    def render_broken_contract(self, check: ContractCheck) -> None:
        for importer, imported in check.metadata["trespasses"]:
            output.print_error(f"{importer} uses {imported}, which is private to {_feature(imported)}")


def _feature(module: str) -> str:
    return module.partition(".")[0]


def _is_door(module: str, doors: set[str]) -> bool:
    feature, _, rest = module.partition(".")
    room = rest.partition(".")[0]
    return room in doors or f"{feature}.{room}" in doors
