/** The style of the page: light or dark as the system prefers, printable, without external resources. */
export const style = `
:root {
  color-scheme: light dark;
  --page: #fbfbfa; --card: #ffffff; --line: #e3e2de; --edge: #8b8d92; --text: #1d1f23; --soft: #62666d; --link: #0b5cad;
  --critical: #9b1c31; --high: #c2410c; --medium: #a16207; --low: #2563a8; --negligible: #6b7280; --unknown: #6d4aa0;
  --good: #166534; --good-page: #ecf7ef; --bad-page: #fdf0f0; --doubt: #854d0e; --doubt-page: #fdf6e3;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #16181c; --card: #1e2126; --line: #343941; --edge: #6b727d; --text: #e4e6ea; --soft: #9da3ad; --link: #7db7f0;
    --critical: #f58297; --high: #f59e64; --medium: #e3bd4f; --low: #7fb2ea; --negligible: #a3aab5; --unknown: #bfa3ec;
    --good: #79d392; --good-page: #17281d; --bad-page: #2e1c20; --doubt: #ecc565; --doubt-page: #2b2517;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0 auto; padding: 2.5rem 1.5rem 4rem; max-width: 72rem; background: var(--page); color: var(--text);
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif;
}
code, .id, .version { font-family: ui-monospace, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace; font-size: .9em; }
a { color: var(--link); text-decoration: none; }
a:hover { text-decoration: underline; }
h1 { margin: 0; font-size: 1.6rem; line-height: 1.25; overflow-wrap: anywhere; }
h2 { margin: 2.5rem 0 .75rem; font-size: 1.2rem; }
h3 { margin: 0; font-size: 1.02rem; overflow-wrap: anywhere; }
header dl { margin: .8rem 0 0; }
header dl div { display: flex; gap: .3rem 1rem; }
dt { flex: none; width: 6rem; color: var(--soft); }
dd { margin: 0; overflow-wrap: anywhere; }
p { margin: .25rem 0; }
.soft { color: var(--soft); }
.verdict { margin: 1.25rem 0; padding: .85rem 1.1rem; border-left: 5px solid; border-radius: 6px; }
.verdict strong { display: block; font-size: 1.1rem; }
.verdict ul { margin: .4rem 0 0; padding-left: 1.2rem; }
.verdict.vulnerable { border-color: var(--critical); background: var(--bad-page); }
.verdict.clean { border-color: var(--good); background: var(--good-page); }
.verdict.not-assessed { border-color: var(--doubt); background: var(--doubt-page); }
.verdict.vulnerable strong { color: var(--critical); }
.verdict.clean strong { color: var(--good); }
.verdict.not-assessed strong { color: var(--doubt); }
.bar { display: flex; height: .6rem; border-radius: 4px; overflow: hidden; gap: 2px; }
.bar span { min-width: 4px; background: var(--shade); }
.counts { display: flex; flex-wrap: wrap; gap: .3rem 1.6rem; margin: .7rem 0 0; padding: 0; list-style: none; }
.counts b { font-size: 1.15rem; }
.counts li::before {
  content: ""; display: inline-block; width: .7rem; height: .7rem; margin-right: .45rem; border-radius: 3px; background: var(--shade);
}
.counts li.plain::before { display: none; }
.severe-critical, .severe-defcon1 { --shade: var(--critical); }
.severe-high { --shade: var(--high); }
.severe-medium { --shade: var(--medium); }
.severe-low { --shade: var(--low); }
.severe-negligible { --shade: var(--negligible); }
.severe-unknown { --shade: var(--unknown); }
.severity { color: var(--shade); font-weight: 600; white-space: nowrap; }
.filter { display: flex; flex-wrap: wrap; gap: .4rem; margin: 0 0 1rem; padding: 0; border: 0; }
.filter legend { float: left; padding: .2rem .4rem .2rem 0; color: var(--soft); }
.filter label { padding: .2rem .8rem; border: 1px solid var(--line); border-radius: 99px; background: var(--card); cursor: pointer; }
.filter label:has(:checked) { border-color: var(--text); background: var(--text); color: var(--page); }
.filter label:has(:focus-visible) { outline: 2px solid var(--link); outline-offset: 2px; }
.filter input { position: absolute; opacity: 0; }
[hidden] { display: none !important; }
.tools { display: flex; flex-wrap: wrap; align-items: center; gap: .5rem 1rem; margin: 0 0 1rem; }
.tools label { color: var(--soft); }
.tools :is(input, select, button) { padding: .25rem .6rem; border: 1px solid var(--edge); border-radius: 6px; background: var(--card); color: var(--text); font: inherit; }
.tools input { width: 16rem; max-width: 60vw; }
:is(a, summary, .tools :is(input, select, button)):focus-visible { outline: 2px solid var(--link); outline-offset: 2px; }
.upgrades { margin: 0; padding-left: 1.6rem; }
.upgrades li { margin: .3rem 0; overflow-wrap: anywhere; }
.by { display: block; color: var(--soft); font-weight: 400; font-size: .88em; white-space: normal; }
.scores span { display: block; white-space: nowrap; }
details.text > summary { display: inline; padding: 0; }
details.text > summary::before { display: none; }
details.text .link { color: var(--link); font-size: .9em; }
details.text[open] .lead { display: none; }
details.text[open] .link { font-size: 0; }
details.text[open] .link::after { content: "less"; font-size: .84rem; }
.text :is(p, ul) { margin: .4rem 0; }
.text ul { padding-left: 1.2rem; }
.text ul.facts { padding: 0; list-style: none; color: var(--soft); font-size: .92em; }
.facts li { display: flex; gap: .5rem; }
.facts b { flex: none; width: 5.5rem; font-weight: 500; }
.facts code { overflow-wrap: anywhere; }
body:has(#show-severe:checked) :is(.group, tr.finding):not(.severe),
body:has(#show-fixed:checked) :is(.group, tr.finding):not(.fixed),
body:has(#show-exploited:checked) :is(.group, tr.finding):not(.exploited) { display: none; }
details.group, details.more { margin: .6rem 0; border: 1px solid var(--line); border-radius: 8px; background: var(--card); }
details.more > summary b { font-size: 1.02rem; }
details.group { border-left: 4px solid var(--shade); }
summary { display: flex; flex-wrap: wrap; align-items: baseline; gap: .2rem .8rem; padding: .6rem 1rem; cursor: pointer; }
summary::-webkit-details-marker { display: none; }
summary::before { content: "▸"; width: .8em; color: var(--soft); }
details[open] > summary::before { content: "▾"; }
summary .end { margin-left: auto; display: flex; gap: .8rem; }
.inside { padding: 0 1rem .8rem; overflow-x: auto; }
table { width: 100%; border-collapse: collapse; font-size: .93rem; }
th { padding: .35rem 1rem .35rem 0; color: var(--soft); font-weight: 500; text-align: left; white-space: nowrap; }
td { padding: .45rem 1rem .45rem 0; border-top: 1px solid var(--line); vertical-align: top; overflow-wrap: anywhere; }
td:last-child, th:last-child { padding-right: 0; }
td.whole { white-space: nowrap; overflow-wrap: normal; }
td.words { min-width: 16rem; }
td.number { white-space: nowrap; font-variant-numeric: tabular-nums; }
.badge { display: inline-block; padding: 0 .5em; border-radius: 4px; background: var(--critical); color: var(--page); font-size: .82em; }
.quiet { color: var(--soft); font-family: system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif; font-size: .93rem; }
table.findings { table-layout: fixed; min-width: 44rem; }
table.findings th:nth-child(1) { width: 6.8rem; }
table.findings th:nth-child(2) { width: 10rem; }
table.findings th:nth-child(3) { width: 11rem; }
table.findings th:nth-child(4) { width: 7.2rem; }
footer { margin-top: 3rem; color: var(--soft); font-size: .88rem; }
@media (max-width: 44rem) { body { padding: 1.2rem .8rem 3rem; } summary .end { margin-left: 1.6em; }
  table.findings { min-width: 0; }
  table:is(.findings, .coverage), :is(.findings, .coverage) tbody { display: block; }
  :is(.findings, .coverage) thead { display: none; }
  tr.finding, .coverage tr { display: flex; flex-wrap: wrap; gap: .1rem 1rem; padding: .5rem 0; border-top: 1px solid var(--line); }
  tr.finding td, .coverage td { padding: 0; border: 0; min-width: 0; }
  tr.finding td.scores { display: flex; gap: .8rem; }
  header dl div { flex-wrap: wrap; gap: 0; margin-top: .35rem; } dt { width: 100%; font-size: .88rem; }
  .by { display: inline; margin-left: .5em; }
  .coverage td:nth-child(3)::before { content: "newest "; color: var(--soft); }
  .coverage td:nth-child(4)::before { content: "fetched "; color: var(--soft); }
  tr.finding td.version:not(:has(.quiet))::before { content: "fixed in "; }
  tr.finding td.words, .coverage td.words { flex-basis: 100%; }
}
@media print {
  body { max-width: none; padding: 0; font-size: 11px; background: #fff; }
  .filter, .tools, .link { display: none; }
  details.group::details-content { content-visibility: visible; display: block; }
  details.group, tr { break-inside: avoid; }
}
`;
