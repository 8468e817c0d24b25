import { level, mend, named, region } from "./documentation.js";

const place = document.getElementById("swagger-ui");

// A link within the button that opens an operation would be a control within a control: so there are no deep links.
SwaggerUIBundle({
  domNode: place,
  url: place.dataset.document,
  deepLinking: false,
  validatorUrl: null,
});

mend(place, [
  [".opblock-tag", level(2)],
  [".models > h4", level(2)],
  [".opblock h4", level(3)],
  [".opblock h5", level(4)],
  [".information-container", region("About")],
  [".scheme-container", region("Server")],
  ["#servers", named("Server")],
  ["tr[data-param-name] select", (select) => named(select.closest("tr").dataset.paramName)(select)],
  ["table[role=region]", (table) => table.removeAttribute("role")],
  ["pre, .highlight-code > *, .body-param__text", (part) => (part.tabIndex = 0)],
]);
