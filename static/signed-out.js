// Nothing of a person who signed out stays in the browser.
import { forgetAll } from "./drafts.js";

forgetAll();
