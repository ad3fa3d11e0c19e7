"""The HTTP operations on the users of the organisation."""

from functools import partial

from issue_portal.core.problems import ForbiddenError, ProblemError
from issue_portal.models.permissions import Action
from issue_portal.server.db import queries_users
from issue_portal.server.http import response_models
from issue_portal.server.http.call import ApiResponse, CallParameter
from issue_portal.server.http.openapi import describe_responses
from issue_portal.server.http.router import make_router
from issue_portal.server.services import serializers

router = make_router("Users")


@router.get(
    "/me",
    summary="Get the current user",
    responses=describe_responses(response_models.User, "The user of the token."),
)
async def me(call: CallParameter) -> ApiResponse:
    """Get the user of the token; 404 for a visitor, who uses the portal without an account."""
    if call.principal.user_id is None:
        raise ProblemError(404, "Visitors have no user.")
    get_user = partial(
        queries_users.get_user, org_id=call.service.org_id, user_id=call.principal.user_id
    )
    return ApiResponse(serializers.serialize_user(await call.read(get_user, snapshot=False)))


@router.get(
    "/user",
    summary="List users",
    responses=describe_responses(
        response_models.UserList, "All users of the organisation, by name."
    ),
)
async def list_users(call: CallParameter) -> ApiResponse:
    """List the users of the organisation, by name. Reviewers only."""
    if not call.principal.may(Action.LIST_USERS):
        raise ForbiddenError("Only reviewers can list users.")
    list_all = partial(queries_users.list_users, org_id=call.service.org_id)
    rows = await call.read(list_all, snapshot=False)
    users = [serializers.serialize_user(row) for row in rows]
    return ApiResponse({"data": users, "total_count": len(users)})
