/*
 * The HTML report in a real browser. Usage: page.mjs MODULES CHROMIUM PICTURES NAME=FILE...
 * Pictures of each page (desktop, phone, dark, print) are left in the folder PICTURES, for somebody to look at.
 */
import assert from "node:assert/strict";
import {createRequire} from "node:module";
import {readFile, writeFile} from "node:fs/promises";
import path from "node:path";
import {pathToFileURL} from "node:url";

const [modules, chromium, pictures, ...pages] = process.argv.slice(2);
const require = createRequire(path.resolve(modules, "x.js"));
const browser = await require("playwright-core").chromium.launch({executablePath: chromium, args: ["--no-sandbox"]});
const SECTIONS = ["identification", "scope", "method", "coverage", "summary", "traffic", "timeline", "findings", "rows", "ipsec", "waivers",
	"issues", "signoff", "reproduce"];
const files = Object.fromEntries(pages.map(p => p.split(/=(.*)/s)));
let checks = 0;

/* A page that counts whatever it asks of the world and whatever it complains of. */
const open = async (file, options = {}) => {
	const context = await browser.newContext({viewport: {width: 1280, height: 900}, ...options});
	const page = await context.newPage();
	const complaints = [], requests = [];

	page.on("console", m => complaints.push(m.text()));
	page.on("pageerror", e => complaints.push(e.message));
	page.on("request", r => requests.push(r.url()));
	page.on("dialog", d => { complaints.push(d.message()); d.dismiss(); });
	const url = pathToFileURL(file).href;
	await page.goto(url);
	return {page, complaints, requests, url, close: () => context.close()};
};

const quiet = o => {
	assert.deepEqual(o.complaints, [], "script errors or violations of the policy");
	assert.deepEqual(o.requests.filter(r => r !== o.url), [], "requests");
};

const wide = page => page.evaluate(() => document.documentElement.scrollWidth - innerWidth);

/* Nothing but what we put there: one script, our own elements, no handler, no address outside of the page. */
const inert = page => page.evaluate(() => {
	const known = new Set(("HTML HEAD META TITLE STYLE BODY A HEADER P H1 H2 H3 BDI DIV NAV OL LI MAIN SECTION UL DL DT DD TABLE CAPTION THEAD " +
		"TR TH TD TBODY SPAN CODE LABEL INPUT OUTPUT BR ARTICLE CITE FIGURE FIGCAPTION FOOTER SCRIPT BUTTON svg title desc text rect path line " +
		"a").split(" "));
	const odd = [];

	for (const e of document.querySelectorAll("*")) {
		if (!known.has(e.tagName))
			odd.push(e.tagName);
		for (const a of e.attributes) {
			if (/^on|^style$|^src/i.test(a.name))
				odd.push(`${e.tagName} ${a.name}`);
			if (/^(xlink:)?href$/.test(a.name) && !/^#[\w-]+$/.test(a.value))
				odd.push(a.value);
		}
	}
	if (document.scripts.length !== 1)
		odd.push(`${document.scripts.length} scripts`);
	if (window.pwned !== undefined)
		odd.push(`pwned ${window.pwned}`);
	const control = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufffd]/u.exec(document.documentElement.textContent);
	if (control)
		odd.push(`control character ${control[0].codePointAt(0).toString(16)}`);
	return odd;
});

const everyPage = {
	async "reads without script"(file) {
		const o = await open(file, {javaScriptEnabled: false});

		for (const id of SECTIONS)
			assert.equal(await o.page.locator(`section#${id} > h2`).count(), 1, id);
		assert.equal(await o.page.locator(".tools:visible").count(), 0, "a filter that would do nothing");
		assert.deepEqual(o.requests, [o.url]);
		await o.close();
	},
	async "asks for nothing and complains of nothing"(file) {
		const o = await open(file);

		await o.page.waitForTimeout(100);
		quiet(o);
		assert.deepEqual(await inert(o.page), []);
		assert.equal(await o.page.title() !== "", true);
		await o.close();
	},
	async "stays within a phone"(file) {
		for (const width of [320, 390, 1280]) {
			const o = await open(file, {viewport: {width, height: 844}});

			assert.equal(await wide(o.page) <= 0, true, `${width} wide: ${await wide(o.page)} too much`);
			await o.close();
		}
	},
	async "has ids but once, and links that lead somewhere"(file) {
		const o = await open(file);
		const bad = await o.page.evaluate(() => {
			const ids = [...document.querySelectorAll("[id]")].map(e => e.id), seen = new Set(ids);

			return [ids.length - seen.size,
				[...document.querySelectorAll("a[href], [aria-labelledby], label")].flatMap(e =>
					(e.getAttribute("href")?.slice(1) ?? e.getAttribute("aria-labelledby") ?? e.htmlFor).split(" "))
					.filter(id => !seen.has(id))];
		});

		assert.deepEqual(bad, [0, []]);
		await o.close();
	},
	async "prints what a filter hides"(file) {
		const o = await open(file);
		const input = o.page.locator("#issues-filter");

		if (await input.count() && await o.page.locator("#issues tbody tr").count()) {
			await input.fill("no row has this");
			await o.page.waitForFunction(() => document.querySelector("#issues output").textContent.startsWith("0"));
			assert.equal(await o.page.locator("#issues tbody tr:visible").count(), 0);
			await o.page.emulateMedia({media: "print"});
			assert.notEqual(await o.page.locator("#issues tbody tr:visible").count(), 0);
			assert.equal(await o.page.locator(".tools:visible").count(), 0);
		}
		await o.close();
	},
};

/* In another language: the page says which, its script tells words of it, and sorts as it does. */
const told = async (file, lang, text, shown) => {
	const o = await open(file), {page} = o;

	assert.equal(await page.locator("html").getAttribute("lang"), lang);
	await page.locator("#findings-filter").fill(text.toLowerCase());
	await page.waitForFunction(() => document.querySelector("#findings output").textContent !== "");
	assert.match(await page.locator("#findings output").textContent(), shown);
	assert.match(await page.locator("#findings article:visible").textContent(), new RegExp(text));
	await page.locator("#findings thead th:nth-child(2) button").click();
	assert.equal(await page.locator("#findings thead th:nth-child(2)").getAttribute("aria-sort"), "ascending");
	/* Words are as long as the language has them: those of a heading stay in its cell, and its arrow is behind or beneath them. */
	for (const width of [1280, 390]) {
		await page.setViewportSize({width, height: 844});
		const beyond = await page.evaluate(() => [...document.querySelectorAll("table.sort thead button")].filter(button => {
			const range = document.createRange();

			range.selectNodeContents(button);
			return getComputedStyle(button, "::after").position !== "static" || button.offsetWidth === 0 ||
				[...range.getClientRects()].some(box => box.right > button.getBoundingClientRect().right);
		}).map(button => button.textContent));
		assert.deepEqual(beyond, [], `headings at ${width}`);
	}
	quiet(o);
	await o.close();
};

/* By the name of the page. */
const onePage = {
	async sample(file) {
		const o = await open(file), {page} = o;
		const column = i => page.locator(`#findings table tbody tr > :nth-child(${i})`).allTextContents();
		const head = i => page.locator(`#findings thead th:nth-child(${i})`);
		const byRank = ["critical", "high", "medium", "low", "info"];

		/* Sorting: up, down, and told to whoever cannot see the arrow. */
		const before = await column(1);
		assert.equal(before.length > 2, true);
		assert.deepEqual((await column(2)).map(s => byRank.indexOf(s)), (await column(2)).map(s => byRank.indexOf(s)).sort((a, b) => a - b));
		await head(1).getByRole("button").click();
		assert.equal(await head(1).getAttribute("aria-sort"), "ascending");
		await head(1).getByRole("button").click();
		assert.equal(await head(1).getAttribute("aria-sort"), "descending");
		assert.deepEqual(await column(1), [...before].reverse());
		await head(2).getByRole("button").focus();
		await page.keyboard.press("Enter");
		assert.equal(await head(1).getAttribute("aria-sort"), null);
		assert.equal(await head(2).getAttribute("aria-sort"), "ascending");
		assert.deepEqual([...new Set(await column(2))], ["high", "medium"]);

		/* Numbers sort as numbers: in the order of the document, T1.2 before T1.10 (its rows are 0 to 98). */
		const rows = page.locator("#rows table").nth(1), names = () => rows.locator("tbody tr > th").allTextContents();
		const printed = await names();
		await rows.locator("thead th").first().getByRole("button").click();
		assert.deepEqual(await names(), printed);
		await rows.locator("thead th").first().getByRole("button").click();
		assert.deepEqual(await names(), [...printed].reverse());

		/* Filtering: the list and the findings below it. */
		await page.locator("#findings-filter").fill("ssh on");
		await page.waitForFunction(() => document.querySelector("#findings output").textContent !== "");
		assert.equal(await page.locator("#findings output").textContent(), `1 of ${before.length} shown`);
		assert.equal(await page.locator("#findings article:visible").count(), 1);
		assert.match(await page.locator("#findings article:visible").textContent(), /SSH on 5061\/tcp/);
		await page.locator("#findings-filter").fill("");
		await page.waitForFunction(() => document.querySelector("#findings output").textContent === "");
		assert.equal(await page.locator("#findings article:visible").count(), before.length);

		/* All rows of all documents. */
		assert.equal(await page.locator("#rows tbody tr").count(), 332);
		assert.equal(await page.locator("#rows tbody tr:has(.state:not(.statement))").count(), 298);
		quiet(o);

		/* The policy holds: what is added later does not run, is not shown, is not loaded. */
		const blocked = await page.evaluate(async () => {
			const script = document.createElement("script"), image = new Image(), style = document.createElement("style");
			let violations = 0;

			document.addEventListener("securitypolicyviolation", () => violations++);
			script.textContent = "window.late = 1";
			style.textContent = "h1 { display: none }";
			document.body.append(script, style);
			image.src = "https://192.0.2.1/x.png";
			document.body.setAttribute("onclick", "window.late = 2");
			document.body.click();
			document.body.style.cssText = "";
			const fetched = await fetch("https://192.0.2.1/").then(() => "fetched", () => "refused");
			await new Promise(done => setTimeout(done, 100));
			return [window.late, getComputedStyle(document.querySelector("h1")).display, fetched, violations >= 4];
		});
		assert.deepEqual(blocked, [undefined, "block", "refused", true]);
		await o.close();
	},
	async es(file) {
		await told(file, "es", "SSH en 5061/tcp", /^1 de \d+ mostrados$/);
	},
	async pt(file) {
		await told(file, "pt-BR", "SSH em 5061/tcp", /^1 de \d+ mostrados$/);
	},
	async bulk(file) {
		const o = await open(file), {page} = o;
		const n = 5000;

		assert.equal(await page.locator("#findings tbody tr").count(), n);
		assert.equal(await page.locator("#findings article").count(), n);
		await page.locator("#findings thead th:nth-child(9) button").click();
		await page.locator("#findings thead th:nth-child(9) button").click();
		assert.equal(await page.locator("#findings tbody tr").first().locator("td.n").nth(1).textContent(), "5,000");
		assert.match(await page.locator("svg.map").textContent(), /612k/);
		assert.deepEqual(await page.evaluate(() => [...document.querySelectorAll("#findings tbody")].map(b => b.rows.length)),
			Array(n / 50).fill(50), "groups after sorting");

		/* Of findings that a filter leaves out nothing keeps the room, wherever they stood. */
		await page.locator("#findings-filter").fill("10.2.19.130 ");
		await page.waitForFunction(() => document.querySelector("#findings output").textContent !== "");
		const left = await page.locator("#findings article:visible").count();
		assert.equal(left > 0 && left < 20, true, `${left} findings left`);
		assert.equal(await page.locator("#findings").evaluate(e => e.offsetHeight) < 600 * left + 1500, true, "empty room");
		await page.locator("#findings-filter").fill("");
		await page.waitForFunction(() => document.querySelector("#findings output").textContent === "");

		/* A link to one of them leads there. */
		await page.evaluate(() => { location.hash = "#f2500"; });
		await page.waitForFunction(() => {
			const box = document.getElementById("f2500").getBoundingClientRect();

			return box.top >= 0 && box.top < innerHeight / 2 && box.height > 100;
		});
		await page.setViewportSize({width: 390, height: 844});
		assert.equal(await wide(page) <= 0, true);
		quiet(o);
		await o.close();

		/* Read, laid out and drawn within two seconds of the page's own thread: of the clock where nothing else runs. */
		const context = await browser.newContext({viewport: {width: 1280, height: 900}}), fresh = await context.newPage();
		const session = await context.newCDPSession(fresh);
		await session.send("Performance.enable", {timeDomain: "threadTicks"});
		const began = Date.now();
		await fresh.goto(pathToFileURL(file).href);
		await fresh.evaluate(() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done))));
		const clock = (Date.now() - began) / 1000;
		const took = (await session.send("Performance.getMetrics")).metrics.find(m => m.name === "TaskDuration").value;
		console.log(`${n} findings: opened in ${clock.toFixed(2)} s, of the page's thread ${took.toFixed(2)} s`);
		assert.equal(took < 2, true, `${took} s to open`);
		await context.close();
	},
	async hostile(file) {
		const text = await readFile(file, "utf8");
		const told = new Set([...text.matchAll(/a(\d+)&quot;&#39;&gt;/g)].map(m => Number(m[1])));

		/* The attacks did arrive, and as text. */
		assert.equal(told.size > 60, true, `${told.size} attacks on the page`);
		assert.equal(/[\x00-\x08\x0b-\x1f\x7f]/.test(text), false);
		assert.equal(text.includes("<script>window"), false);
	},
	async empty(file) {
		const o = await open(file);

		assert.match(await o.page.locator("#coverage").textContent(), /hold no IP packet/);
		await o.close();
	},
};

/* Colours are read against their ground: WCAG 2.1, contrast of 4.5. */
const contrast = async (file, colorScheme) => {
	const o = await open(file, {colorScheme});
	const weak = await o.page.evaluate(() => {
		const channel = c => (c /= 255) <= .03928 ? c / 12.92 : ((c + .055) / 1.055) ** 2.4;
		const light = ([r, g, b]) => .2126 * channel(r) + .7152 * channel(g) + .0722 * channel(b);
		const parse = s => s.match(/[\d.]+/g).map(Number);
		const ground = e => {
			for (; e; e = e.parentElement) {
				const c = parse(getComputedStyle(e).backgroundColor);
				if (c.length === 3 || c[3] > 0)
					return c;
			}
			return parse(getComputedStyle(document.body).backgroundColor);
		};
		const found = new Set();

		for (const e of document.querySelectorAll("body *:not(svg *):not(script)")) {
			if (![...e.childNodes].some(n => n.nodeType === 3 && n.data.trim()) || e.closest(".skip") || !e.checkVisibility())
				continue;
			const a = light(parse(getComputedStyle(e).color)), b = light(ground(e));
			const ratio = (Math.max(a, b) + .05) / (Math.min(a, b) + .05);
			if (ratio < 4.5)
				found.add(`${e.tagName}.${e.className} ${ratio.toFixed(2)}`);
		}
		return [...found];
	});

	assert.deepEqual(weak, [], colorScheme);
	await o.close();
};

const picture = async (name, file) => {
	const kinds = {desktop: {}, phone: {viewport: {width: 390, height: 844}}, dark: {colorScheme: "dark"}};

	for (const [kind, options] of Object.entries(name === "bulk" ? {desktop: {}} : kinds)) {
		const o = await open(file, options);

		await o.page.screenshot({path: path.join(pictures, `${name}-${kind}.png`)});
		await o.page.locator("#findings").evaluate(e => e.scrollIntoView());
		await o.page.screenshot({path: path.join(pictures, `${name}-${kind}-findings.png`)});
		if (kind === "desktop" && name !== "bulk")
			await writeFile(path.join(pictures, `${name}.pdf`), await o.page.pdf({preferCSSPageSize: true}));
		await o.close();
	}
};

let failed = 0;
const check = async (what, work) => {
	checks++;
	try {
		await work();
	} catch (e) {
		failed++;
		console.log(`FAILED: ${what}\n${e.message}`);
	}
};

for (const [name, file] of Object.entries(files)) {
	/* What is long is looked at for its length. */
	for (const [what, work] of Object.entries(name === "bulk" ? {} : everyPage))
		await check(`${name}: ${what}`, () => work(file));
	if (onePage[name])
		await check(`${name}: its own`, () => onePage[name](file));
	await check(`${name}: pictures`, () => picture(name, file));
}
await check("contrast, light", () => contrast(files.sample, "light"));
await check("contrast, dark", () => contrast(files.sample, "dark"));
await browser.close();
console.log(`${checks} checks, ${failed} failed`);
process.exit(failed || !checks ? 1 : 0);
