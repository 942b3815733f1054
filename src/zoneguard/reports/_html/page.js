"use strict";
(() => {
  const STEP = 100;
  const byId = (id) => document.getElementById(id);
  const data = JSON.parse(byId("data").textContent);
  const form = document.querySelector(".filter");
  const columns = Object.entries(data.findings);
  const findings = data.findings.id.map((_, n) => Object.fromEntries(columns.map(([name, values]) => [name, values[n]])));
  const byNumber = new Map(findings.map((finding) => [finding.id, finding]));
  let lang = data.lang;
  let matching = [];
  let shown = 0;
  let drawn = null;

  const text = (number) => {
    const value = data.texts[number];
    return typeof value === "string" ? value : value[lang === "ja" ? 1 : 0];
  };
  const fill = (template, values) =>
    data.templates[template][lang === "ja" ? 1 : 0]
      .map((part) => (typeof part === "number" ? values[part] : part)).join("");
  const sentence = (value) =>
    typeof value === "number" ? text(value) : fill(value[0], value.slice(1).map(sentence));
  const word = (name) => text(data.words[name]);

  const element = (name, parent, content, kind) => {
    const made = document.createElement(name);
    if (content !== undefined) made.textContent = content;
    if (kind) made.className = kind;
    if (parent) parent.append(made);
    return made;
  };
  const zones = (finding) => finding.zones.map(text).join(" → ");
  const pathWords = (finding) =>
    [text(finding.zones[0]), ...finding.path.map(text), text(finding.zones.at(-1))].join(" → ");

  const row = ([source, destination, service]) => `${text(source)} → ${text(destination)} ${text(service)}`;

  const values = {
    packets: (f) => [...f.packets.map(row), ...(f.more ? [fill(data.counts.more, [f.more])] : [])],
    witness: (f) => f.witness.map(text),
    path: (f) => (f.path.length ? [f.path.map(text).join(" → ")] : []),
    flow: (f) => f.flow.map(sentence),
    content: (f) => f.content.map(text),
    evidence: (f) => f.evidence.map((parts) => parts.map(text).join("")),
    clauses: (f) => f.clauses.map(text),
    fix: (f) => f.fix.map(sentence),
    id: (f) => [f.id],
  };

  const body = (finding) => {
    const list = element("dl");
    for (const [name, of] of Object.entries(values)) {
      const said = of(finding);
      if (said.length) element("dt", list, word(name));
      for (const value of said) element("dd", list, value);
    }
    return list;
  };

  const card = (finding) => {
    const box = element("details", null, undefined, "finding");
    box.dataset.id = finding.id;
    const head = element("summary", box);
    element("span", head, text(finding.verdict), "badge " + data.classes[finding.verdict]);
    element("span", head, text(finding.severity), "severity");
    element("strong", head, text(finding.check));
    element("span", head, zones(finding));
    element("span", head, sentence(finding.message), "message");
    box.addEventListener("toggle", () => complete(box, finding));
    return box;
  };

  const complete = (box, finding) => {
    if (box.children.length > 1) return;
    box.append(body(finding));
    if (!text(finding.points)) return;
    const button = element("button", box, word("draw"));
    button.type = "button";
    button.addEventListener("click", () => {
      draw(finding);
      location.hash = "picture";
      byId("picture").focus();
    });
  };

  const draw = (finding) => {
    drawn = finding;
    byId("offence").setAttribute("points", text(finding.points));
    byId("drawn").textContent = `${word("drawn")} ${text(finding.check)} ${pathWords(finding)}`;
  };

  const haystack = (finding) => {
    if (finding.searched !== lang) {
      finding.searched = lang;
      finding.words = [text(finding.check), zones(finding), sentence(finding.message), text(finding.verdict),
        text(finding.severity), ...Object.values(values).flatMap((of) => of(finding))].join("\n").toLowerCase();
    }
    return finding.words;
  };

  const chosen = (finding) => {
    const has = (name, number) => !form[name].value || Number(form[name].value) === number;
    const ends = finding.zones;
    const asked = form.search.value.toLowerCase().split(/\s+/).filter(Boolean);
    return has("verdict", finding.verdict) && has("severity", finding.severity) && has("check", finding.check) &&
      has("from", ends[0]) && has("to", ends.at(-1)) &&
      asked.every((part) => haystack(finding).includes(part));
  };

  const show = (count) => {
    const upTo = Math.min(matching.length, count);
    const cards = document.createDocumentFragment();
    for (const finding of matching.slice(shown, upTo)) cards.append(card(finding));
    byId("found").append(cards);
    shown = upTo;
    byId("count").textContent = matching.length ? fill(data.counts.shown, [shown, matching.length, findings.length]) : word("none");
    byId("more").hidden = byId("all").hidden = shown === matching.length;
  };

  const filter = () => {
    matching = findings.filter(chosen);
    byId("found").replaceChildren();
    shown = 0;
    show(STEP);
  };

  const openTarget = () => {
    const target = location.hash.startsWith("#pair-") && byId(location.hash.slice(1));
    if (!target) return;
    const about = target.querySelector(".about");
    if (about) fillPair(about);
    target.focus();
  };

  const fillPair = (about) => {
    if (about.dataset.filled === lang) return;
    about.dataset.filled = lang;
    const [from, to] = [Number(about.dataset.from), Number(about.dataset.to)];
    const found = findings.filter((f) => f.zones.length === 2 && f.zones[0] === from && f.zones[1] === to);
    const list = about.querySelector("ul");
    if (list) list.remove();
    about.querySelectorAll(".finding, button.rest").forEach((old) => old.remove());
    const step = (start) => {
      for (const finding of found.slice(start, start + STEP)) about.append(card(finding));
      if (found.length <= start + STEP) return;
      const rest = element("button", about, fill(data.counts.more, [found.length - start - STEP]), "rest");
      rest.type = "button";
      rest.addEventListener("click", () => { rest.remove(); step(start + STEP); });
    };
    step(0);
  };

  const speak = (to) => {
    lang = to;
    document.documentElement.lang = to;
    for (const part of document.querySelectorAll("[data-t]")) part.textContent = text(Number(part.dataset.t));
    for (const part of document.querySelectorAll("[data-label]")) part.setAttribute("aria-label", text(Number(part.dataset.label)));
    for (const button of document.querySelectorAll("[data-lang]")) button.setAttribute("aria-pressed", String(button.dataset.lang === to));
    if (drawn) draw(drawn);
    const count = Math.max(shown, STEP);
    const open = new Set([...byId("found").querySelectorAll("[open]")].map((box) => box.dataset.id));
    filter();
    show(count);
    for (const box of byId("found").children) box.open = open.has(box.dataset.id);
    document.querySelectorAll(".about[data-filled]").forEach(fillPair);
  };

  const opened = [];
  addEventListener("beforeprint", () => {
    document.querySelectorAll(".about").forEach(fillPair);
    for (const box of byId("found").querySelectorAll("details:not([open])")) {
      complete(box, byNumber.get(box.dataset.id));
      box.open = true;
      opened.push(box);
    }
  });
  addEventListener("afterprint", () => { for (const box of opened.splice(0)) box.open = false; });
  addEventListener("hashchange", openTarget);
  document.querySelectorAll("[data-lang]").forEach((button) => button.addEventListener("click", () => speak(button.dataset.lang)));
  form.addEventListener("input", filter);
  form.addEventListener("submit", (event) => event.preventDefault());
  byId("more").addEventListener("click", () => show(shown + STEP));
  byId("all").addEventListener("click", () => show(matching.length));
  document.querySelectorAll(".scripted").forEach((part) => { part.hidden = false; });
  byId("listed").remove();
  filter();
  openTarget();
})();
