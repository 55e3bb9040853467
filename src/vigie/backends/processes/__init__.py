"""Direct children of one supervisor: started in order, watched, restarted, stopped in reverse order."""

from vigie.backends.processes.child import Action, Child, Identity, Lifetime, RunningChild, Step, start_child
from vigie.backends.processes.lock import HomeLock, holder
from vigie.backends.processes.ports import require_free_port
from vigie.backends.processes.supervisor import Notice, Supervisor

__all__ = [
    "Action",
    "Child",
    "HomeLock",
    "Identity",
    "Lifetime",
    "Notice",
    "RunningChild",
    "Step",
    "Supervisor",
    "holder",
    "require_free_port",
    "start_child",
]
