"""A reason not to start, told to the person at the keyboard."""


class SetupProblem(Exception):  # noqa: N818 - the trade's word: it is shown to an operator, not caught as a bug
    """Something about this machine, its folders or its settings stops Vigie from starting.

    `what` happened, what is `safe` (what was not touched), and the `remedy`: what to do next.
    """

    def __init__(self, what: str, *, safe: str, remedy: str) -> None:
        super().__init__(what)
        self.what = what
        self.safe = safe
        self.remedy = remedy
