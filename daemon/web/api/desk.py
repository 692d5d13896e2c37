"""``/v2/agents``, ``/v2/teams``, ``/v2/me``: who works here, and who asks."""

from typing import Annotated

from fastapi import APIRouter, Depends
from fastapi.responses import JSONResponse

from daemon.store import staffing
from daemon.web.api.access import Access, told
from daemon.web.api.answers import says
from daemon.web.api.answers_of_desk import Agents, Me, Teams
from daemon.web.api.callers import Caller


def router(desk: Access) -> APIRouter:
    """The routes."""
    routes = APIRouter(prefix="/v2", tags=["desk"])
    house = desk.house
    Reading = Annotated[Caller, Depends(desk.needs("people:read"))]  # noqa: N806 - a type
    Anyone = Annotated[Caller, Depends(desk.needs())]  # noqa: N806

    @routes.get("/agents", operation_id="listAgents", responses={200: says(Agents, "Agents.")}, response_model=None)
    async def agents(caller: Reading) -> JSONResponse:
        """The agents, their teams, and whether they are away."""
        away = frozenset(await desk.read(lambda: staffing.away(house.now())))
        found = [
            {
                "id": f"user_{agent.person}",
                "email": agent.address,
                "name": agent.name,
                "teams": sorted(agent.teams),
                "leads": sorted(agent.leads),
                "away": agent.person in away,
            }
            for agent in house.agents
        ]
        return told({"data": found})

    @routes.get("/teams", operation_id="listTeams", responses={200: says(Teams, "Teams.")}, response_model=None)
    async def teams(caller: Reading) -> JSONResponse:
        """The teams, and who is in each."""
        found = [
            {"name": team, "agents": [agent.address for agent in house.agents if team in agent.teams]}
            for team in sorted(house.config.teams)
        ]
        return told({"data": found})

    @routes.get("/me", operation_id="getMe", responses={200: says(Me, "The token.")}, response_model=None)
    async def me(caller: Anyone) -> JSONResponse:
        """What this token is, on whose behalf it acts, and what it may."""
        role = "agent" if caller.agent is not None else "requester" if caller.requester is not None else "program"
        person = f"user_{caller.person}" if caller.person is not None else None
        return told({"name": caller.name, "scopes": sorted(caller.scopes), "role": role, "userId": person})

    return routes
