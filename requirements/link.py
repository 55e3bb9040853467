"""Make the checkout importable in this virtual environment, with the command `vigie`.

An editable install would build the package, which needs a build backend from the registry at a version no lock
file names. A path file and a three-line script need nothing.
"""

import pathlib
import sys
import sysconfig

root = pathlib.Path(__file__).resolve().parent.parent
site = pathlib.Path(sysconfig.get_path("purelib"))
(site / "vigie-checkout.pth").write_text(f"{root / 'src'}\n", encoding="utf-8")

command = pathlib.Path(sysconfig.get_path("scripts")) / "vigie"
command.write_text(
    f"#!{sys.executable}\nimport sys\nfrom vigie.__main__ import main\nsys.exit(main())\n", encoding="utf-8"
)
command.chmod(0o755)
