"use strict";
/* Tables sort by a click on a heading and filter by what is typed; without script they are read as they stand. */
(() => {
	const collator = new Intl.Collator(document.documentElement.lang, {numeric: true});
	const key = (row, i) => row.cells[i].dataset.s ?? row.cells[i].textContent;

	const sort = (table, heads, i) => {
		const down = heads[i].getAttribute("aria-sort") === "ascending";
		const bodies = [...table.tBodies], sizes = bodies.map(body => body.rows.length);
		const rows = bodies.flatMap(body => [...body.rows]).map(row => [key(row, i), row]);

		rows.sort((a, b) => (down ? -1 : 1) * collator.compare(a[0], b[0]));
		heads.forEach(th => th.removeAttribute("aria-sort"));
		heads[i].setAttribute("aria-sort", down ? "descending" : "ascending");
		/* Groups stay as long as they were. */
		bodies.forEach((body, k) => body.append(...rows.splice(0, sizes[k]).map(pair => pair[1])));
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

	const filter = (input, rows, texts, word, output) => {
		let shown = 0;

		rows.forEach((row, i) => {
			const out = !texts[i].includes(word), more = row.dataset.for && document.getElementById(row.dataset.for);

			row.classList.toggle("out", out);
			more?.classList.toggle("out", out);
			shown += !out;
		});
		document.getElementById(input.dataset.filter).classList.toggle("some", word !== "");
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
				filter(input, rows, texts, input.value.trim().toLowerCase(), tools.querySelector("output"));
			}, 80);
		});
	}
})();
