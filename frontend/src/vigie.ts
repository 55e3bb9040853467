// The script of every page.
import { startBlank } from "./blank";
import { ClearView } from "./clear-view";
import { startCopy } from "./copy";
import { startHtmx } from "./htmx-setup";
import { startKeys } from "./sign-in-keys";
import { announce } from "./live";
import { LocalTime } from "./local-time";
import { startMenus } from "./menus";
import { startShortcuts } from "./shortcuts";
import { Words } from "./texts";
import { startTheme } from "./theme";
import { startToasts } from "./toasts";

startBlank();
startTheme((theme) => announce(Words.ofPage().say(`theme.${theme}`)));
startMenus();
startShortcuts();
startToasts();
startCopy();
startKeys();
startHtmx();
customElements.define("local-time", LocalTime);
customElements.define("clear-view", ClearView);
