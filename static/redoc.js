import { level, mend } from "./documentation.js";

const place = document.getElementById("redoc");

Redoc.init(place.dataset.document, { nativeScrollbars: true, disableSearch: true }, place);

mend(place, [["h5", level(3)]]);
