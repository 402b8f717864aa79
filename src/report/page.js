"use strict";
/* Tables sort by a click on a heading and filter by what is typed; without script they are read as they stand. */
(() => {
	const collator = new Intl.Collator(document.documentElement.lang, {numeric: true});
	const key = (row, i) => row.cells[i].dataset.s ?? row.cells[i].textContent;

	const sort = (table, heads, i) => {
		const down = heads[i].getAttribute("aria-sort") === "ascending";
		const rows = [...table.tBodies[0].rows].map(row => [key(row, i), row]);

		rows.sort((a, b) => (down ? -1 : 1) * collator.compare(a[0], b[0]));
		heads.forEach(th => th.removeAttribute("aria-sort"));
		heads[i].setAttribute("aria-sort", down ? "descending" : "ascending");
		table.tBodies[0].append(...rows.map(pair => pair[1]));
	};

	for (const table of document.querySelectorAll("table.sort")) {
		const heads = [...table.tHead.rows[0].cells];

		table.classList.add("live");
		heads.forEach((th, i) => {
			const button = document.createElement("button");

			button.type = "button";
			button.append(...th.childNodes);
			button.addEventListener("click", () => sort(table, heads, i));
			th.append(button);
		});
	}

	const detail = row => row.dataset.for ? document.getElementById(row.dataset.for).textContent : "";

	const filter = (rows, texts, word, output) => {
		let shown = 0;

		rows.forEach((row, i) => {
			const out = !texts[i].includes(word), more = row.dataset.for && document.getElementById(row.dataset.for);

			row.classList.toggle("out", out);
			more?.classList.toggle("out", out);
			shown += !out;
		});
		output.textContent = word ? output.dataset.words.replace("%1", shown).replace("%2", rows.length) : "";
	};

	for (const input of document.querySelectorAll("input[data-filter]")) {
		const tools = input.parentElement;
		let rows, texts, timer;

		tools.hidden = false;
		input.addEventListener("input", () => {
			clearTimeout(timer);
			timer = setTimeout(() => {
				rows ??= [...document.querySelectorAll(`#${input.dataset.filter} table.sort > tbody > tr`)];
				texts ??= rows.map(row => (row.textContent + detail(row)).toLowerCase());
				filter(rows, texts, input.value.trim().toLowerCase(), tools.querySelector("output"));
			}, 80);
		});
	}
})();
