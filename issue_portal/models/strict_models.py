"""Base classes of the request models.

TODO(pydantic>=2.12): `PartialModel` and `NotNull` can become pydantic's ``MISSING`` when the client
no longer supports older versions.
"""

from collections.abc import Mapping
from typing import Annotated, Any, TypeVar, get_args

from pydantic import (
    BaseModel,
    ConfigDict,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    GetPydanticSchema,
    model_serializer,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema


# Errors hide the input, which may be the text of a report: errors end up in logs.
class StrictModel(BaseModel):
    """Base of the request models: unknown fields are errors."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class PartialModel(StrictModel):
    """Base of changes. Absent fields are None in Python, and stay absent in JSON."""

    def changes(self) -> Mapping[str, str | bool | None]:
        """Return the values of the fields that were sent, in the order of the model."""
        sent = self.model_fields_set
        return {name: getattr(self, name) for name in type(self).model_fields if name in sent}

    @model_serializer
    def _serialize(self) -> dict[str, Any]:
        return dict(self.changes())

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        """Describe the fields without their default None, which JSON does not have."""
        document = handler(schema)
        for field in handler.resolve_ref_schema(document).get("properties", {}).values():
            field.pop("default", None)
        return document


def _build_without_none(optional: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
    return handler.generate_schema(get_args(optional)[0])


_Value = TypeVar("_Value")

NotNull = Annotated[_Value | None, GetPydanticSchema(_build_without_none)]
"""Type of a field of a `PartialModel` that may be absent. To send null is an error."""
