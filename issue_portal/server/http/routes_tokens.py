"""The HTTP operations on the API tokens of the current user."""

from functools import partial
from typing import Annotated

from fastapi import Body, Path, Request, Response

from issue_portal.core.problems import InvalidParameterError
from issue_portal.models.requests import NewApiToken
from issue_portal.server.http import openapi_examples, response_models
from issue_portal.server.http.call import ApiResponse, CallParameter
from issue_portal.server.http.openapi import describe_responses
from issue_portal.server.http.router import make_router

router = make_router("API tokens")


@router.get(
    "/me/token",
    summary="List your API tokens",
    responses=describe_responses(
        response_models.ApiTokenPage,
        "All your tokens, newest first.",
        example=openapi_examples.TOKEN_PAGE,
    ),
)
async def list_tokens(call: CallParameter) -> ApiResponse:
    """List your API tokens, on one page. An API token lists only itself, whatever its scopes."""
    list_own = partial(call.service.personal_tokens.list_own, principal=call.principal)
    return ApiResponse(await call.read(list_own, snapshot=False))


@router.post(
    "/me/token",
    status_code=201,
    summary="Create an API token",
    responses=describe_responses(
        response_models.CreatedApiToken,
        "The token with its secret, which cannot be shown again.",
        409,
        status=201,
        example=openapi_examples.TOKEN | {"token": "ipat_…"},
    ),
)
async def create_token(
    call: CallParameter,
    new: Annotated[NewApiToken, Body(openapi_examples=openapi_examples.NEW_TOKENS)],
    request: Request,
) -> ApiResponse:
    """Create an API token of your own. Only people who sign in to the portal can, at most 50 each.

    Does not accept an `Idempotency-Key`, because the server cannot repeat the secret. If you got no
    response, list your tokens and revoke the one that you do not know.
    """
    if "idempotency-key" in request.headers:
        raise InvalidParameterError("Idempotency-Key", "cannot make this request repeatable")
    await call.count_changes()
    token = await call.change(partial(call.service.personal_tokens.create, call.principal, new))
    return ApiResponse(token, 201)


@router.delete(
    "/me/token/{token_id}",
    status_code=204,
    summary="Revoke an API token",
    responses=describe_responses(None, "The token is revoked.", status=204),
)
async def revoke_token(
    call: CallParameter,
    token_id: Annotated[
        str, Path(description="The token's `id`.", examples=[openapi_examples.TOKEN["id"]])
    ],
) -> Response:
    """Revoke one of your API tokens at once. An API token can revoke only itself."""
    await call.change(partial(call.service.personal_tokens.revoke, call.principal, token_id))
    return Response(status_code=204)
