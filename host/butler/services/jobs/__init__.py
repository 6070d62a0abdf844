"""Long work: side by side as far as wished, with progress, to be cancelled, taken up again after a restart."""

from butler.services.jobs.rows import JobRow
from butler.services.jobs.service import BoundJobs, Jobs
from butler.services.jobs.work import Progress, Work

__all__ = ["BoundJobs", "JobRow", "Jobs", "Progress", "Work"]
