/** How the panel looks: dark like the browser's own tools, whatever the page around it is. */
export const style = `
:host { all: initial; position: fixed; inset: auto 0 0 0; z-index: 2147483000; color-scheme: dark;
  --ground: #16181d; --raised: #1f222a; --line: #333845; --text: #e6e8ee; --soft: #9aa3b5; --accent: #7cb7ff;
  --good: #58c98b; --warn: #f0b35a; --bad: #ff7b72;
  font: 13px/1.45 system-ui, sans-serif; color: var(--text); }
* { box-sizing: border-box; }
code, .code { font: 12px/1.45 ui-monospace, "SF Mono", Menlo, Consolas, monospace; overflow-wrap: anywhere; }
button, input, select { font: inherit; color: inherit; }
button { background: var(--raised); border: 1px solid var(--line); border-radius: 6px; padding: 4px 10px; cursor: pointer; white-space: nowrap; }
button:hover { border-color: var(--soft); }
button:disabled { opacity: .5; cursor: default; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 1px; }
.handle { position: absolute; left: 12px; bottom: 12px; display: flex; gap: 8px; align-items: center; border-radius: 999px;
  background: var(--ground); box-shadow: 0 4px 16px #0006; padding: 6px 12px; }
.dot { width: 9px; height: 9px; border-radius: 50%; background: var(--warn); flex: none; }
.dot[data-tone=good] { background: var(--good); } .dot[data-tone=bad] { background: var(--bad); }
.panel { display: flex; flex-direction: column; height: min(46vh, 520px); background: var(--ground); border-top: 1px solid var(--line);
  box-shadow: 0 -8px 32px #0007; }
.head { display: flex; flex-wrap: wrap; gap: 8px; align-items: center; padding: 8px 12px; border-bottom: 1px solid var(--line); }
.facts { display: flex; flex-wrap: wrap; gap: 4px 16px; align-items: center; margin-right: auto; color: var(--soft); }
.facts b { color: var(--text); font-weight: 600; }
.tabs { display: flex; gap: 2px; }
.tabs button { border-color: transparent; background: none; color: var(--soft); }
.tabs button[aria-selected=true] { background: var(--raised); color: var(--text); }
.count { margin-left: 6px; border-radius: 999px; padding: 0 7px; background: var(--line); color: var(--text); font-size: 11px; }
.count[data-tone=bad] { background: var(--bad); color: #1b0b0a; }
.body { flex: 1; min-height: 0; display: flex; }
.list { overflow: auto; padding: 8px; }
.names { width: 260px; flex: none; border-right: 1px solid var(--line); display: flex; flex-direction: column; min-height: 0; }
.names .find { display: flex; gap: 6px; padding: 8px; border-bottom: 1px solid var(--line); }
.find input { flex: 1; min-width: 0; } .find input, .find select { background: var(--raised); border: 1px solid var(--line); border-radius: 6px; padding: 4px 8px; }
.name { display: flex; width: 100%; gap: 8px; border-color: transparent; background: none; text-align: left; overflow: hidden; }
.name[aria-current=true] { background: var(--raised); }
.log { flex: 1.4; min-width: 0; display: flex; flex-direction: column; }
.travel { display: flex; gap: 10px; align-items: center; padding: 8px 12px; border-bottom: 1px solid var(--line); color: var(--soft); }
.travel input { flex: 1; accent-color: var(--accent); }
.step { display: block; width: 100%; text-align: left; white-space: normal; border-color: transparent; background: none; padding: 6px 10px; }
.step[aria-current=true] { background: var(--raised); border-color: var(--line); }
.step[data-later=true] { opacity: .45; }
.step > span:first-child { display: flex; gap: 10px; align-items: baseline; }
.step .type { font-weight: 600; } .step time, .soft { color: var(--soft); }
.tag { margin-left: auto; border-radius: 4px; padding: 0 6px; font-size: 11px; background: var(--line); color: var(--text); }
.tag[data-tone=good] { color: var(--good); } .tag[data-tone=warn] { color: var(--warn); } .tag[data-tone=bad] { color: var(--bad); }
.effect { margin: 2px 0 0 0; padding: 0; list-style: none; }
.effect del { color: var(--bad); text-decoration: none; } .effect ins { color: var(--good); text-decoration: none; }
.state { flex: 1; min-width: 0; border-left: 1px solid var(--line); overflow: auto; padding: 10px 12px; margin: 0; white-space: pre-wrap; }
.row { padding: 8px 10px; border-bottom: 1px solid var(--line); }
.row .buttons { display: flex; gap: 8px; margin-top: 6px; }
.none { padding: 24px; color: var(--soft); }
table { border-collapse: collapse; margin: 8px 12px; } th { text-align: left; font-weight: 400; color: var(--soft); padding: 3px 24px 3px 0; vertical-align: top; }
td { padding: 3px 0; }
@media (max-width: 760px) { .panel { height: 70vh; } .body { overflow: auto; flex-wrap: wrap; } .names, .log, .state { width: 100%; flex: none; border: 0; border-bottom: 1px solid var(--line); }
  .names .list { max-height: 120px; } .log .list { max-height: 260px; } }
`;
