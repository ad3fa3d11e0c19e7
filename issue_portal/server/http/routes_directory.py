"""The HTTP operations on the users and projects of the organisation."""

import re
from functools import partial
from typing import Annotated

from fastapi import Body, Depends, Path, Request

from issue_portal.core.problems import ProblemError
from issue_portal.models.requests import PageQuery, ProjectUpdate, Reference
from issue_portal.server.db import queries_users
from issue_portal.server.http import openapi_examples, response_models
from issue_portal.server.http.call import ApiResponse, CallParameter
from issue_portal.server.http.openapi import describe_responses
from issue_portal.server.http.page_links import make_link_header
from issue_portal.server.http.query_parameters import describe_query, make_query_reader
from issue_portal.server.http.router import make_router
from issue_portal.server.services import serializers

PageQueryParameter = Annotated[PageQuery, Depends(make_query_reader(PageQuery))]

router = make_router("Users and projects")


@router.get(
    "/me",
    summary="Get the current user",
    responses=describe_responses(
        response_models.User, "The user of the token.", example=openapi_examples.USER
    ),
)
async def me(call: CallParameter) -> ApiResponse:
    """Get the user of the token; 404 for a visitor, who uses the portal without an account.

    Every API token may call this, whatever its scopes, so that a script can check its token.
    """
    if call.principal.user_id is None:
        raise ProblemError(404, "Visitors have no user.")
    get_user = partial(
        queries_users.get_user, org_id=call.service.org_id, user_id=call.principal.user_id
    )
    return ApiResponse(serializers.serialize_user(await call.read(get_user, snapshot=False)))


@router.get(
    "/user",
    summary="List users",
    openapi_extra=describe_query(PageQuery),
    responses=describe_responses(
        response_models.UserPage, "One page of users, by name.", example=openapi_examples.USER_PAGE
    ),
)
async def list_users(
    call: CallParameter, query: PageQueryParameter, request: Request
) -> ApiResponse:
    """List the users of the organisation, by name. Reviewers only."""
    list_page = partial(call.service.directory.list_users, principal=call.principal, query=query)
    page = await call.read(list_page, snapshot=False)
    links = make_link_header("user", request.query_params, query, page)
    return ApiResponse(page, headers={"Link": links})


@router.get(
    "/project",
    summary="List projects",
    openapi_extra=describe_query(PageQuery),
    responses=describe_responses(
        response_models.ProjectPage,
        "One page of projects, by id.",
        example=openapi_examples.PROJECT_PAGE,
    ),
)
async def list_projects(
    call: CallParameter, query: PageQueryParameter, request: Request
) -> ApiResponse:
    """List the projects that have or had issues, or that have a name. Reviewers only."""
    list_page = partial(call.service.directory.list_projects, principal=call.principal, query=query)
    page = await call.read(list_page, snapshot=False)
    links = make_link_header("project", request.query_params, query, page)
    return ApiResponse(page, headers={"Link": links})


@router.put(
    "/project/{project_id:path}",
    summary="Name a project",
    responses=describe_responses(
        response_models.ProjectSummary, "The project.", example=openapi_examples.PROJECT_SUMMARY
    ),
)
async def name_project(
    call: CallParameter,
    project_id: Annotated[Reference, Path(description="The project's `id`.")],
    update: Annotated[ProjectUpdate, Body(openapi_examples=openapi_examples.PROJECT_UPDATES)],
) -> ApiResponse:
    """Give a project a name, even before its first issue. Reviewers only."""
    name = partial(call.service.directory.name_project, call.principal, project_id, update.name)
    return ApiResponse(await call.change(name))


# The ids of projects may contain line breaks.
_route = router.routes[-1]
_route.path_regex = re.compile(_route.path_regex.pattern, re.DOTALL)  # type: ignore[attr-defined]
