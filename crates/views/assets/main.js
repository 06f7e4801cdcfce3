// Starts the page on the data in the document. Input: the element `data`. Output: the element `page`, filled.

import { render } from "./page.js";

render(document.getElementById("page"), JSON.parse(document.getElementById("data").textContent));
