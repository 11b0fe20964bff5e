"""Chromium without a window, seen from inside: started in the root `browser` (see make_roots) by look(), which runs this file
there. It prints one JSON object: what each view of the page showed, and what went wrong."""

import base64
import json
import pathlib
import subprocess
import sys
import tempfile
import time
import urllib.request

# What is wrong with the geometry and the colours of a page, by what it says itself.
MEASURE = r"""(() => {
  const root = document.documentElement, wrong = [];
  if (root.scrollWidth > innerWidth) wrong.push(`scrolls: ${root.scrollWidth} > ${innerWidth}`);
  const inside = (a, b) => a.left >= b.left - 1 && a.right <= b.right + 1 && a.top >= b.top - 1 && a.bottom <= b.bottom + 1;
  for (const cell of document.querySelectorAll("td, th, p, li, h1, h2")) {
    const own = cell.getBoundingClientRect();
    for (const inner of cell.querySelectorAll("*"))
      if (inner.getClientRects().length && !inside(inner.getBoundingClientRect(), own))
        wrong.push(`leaves its ${cell.tagName}: ${inner.outerHTML.slice(0, 200)} ${JSON.stringify([inner.getBoundingClientRect(), own])}`);
  }
  for (const element of document.body.querySelectorAll("*")) {
    const own = element.getBoundingClientRect();
    if (own.width && (own.left < -1 || own.right > innerWidth + 1)) wrong.push(`beside the page: ${element.outerHTML.slice(0, 200)}`);
    if (own.width && own.width < 40 && own.height > 100) wrong.push(`squeezed: ${element.outerHTML.slice(0, 200)}`);
  }
  const ids = [...document.querySelectorAll(".id")].filter(one => one.getClientRects().length);
  for (const one of ids) if (one.getClientRects().length > 1) wrong.push(`breaks: ${one.textContent}`);
  const parts = colour => (colour.match(/[\d.]+/g) || []).map(Number);
  const light = colour => parts(colour).slice(0, 3).map(c => (c /= 255) <= .04045 ? c / 12.92 : ((c + .055) / 1.055) ** 2.4)
    .reduce((sum, c, i) => sum + c * [.2126, .7152, .0722][i], 0);
  const behind = element => {
    for (; element; element = element.parentElement) {
      const colour = getComputedStyle(element).backgroundColor;
      if (parts(colour)[3] !== 0) return colour;
    }
    return "rgb(255, 255, 255)";
  };
  let least = 21;
  for (const element of document.body.querySelectorAll("*")) {
    if (![...element.childNodes].some(node => node.nodeType === 3 && node.data.trim()) || element.closest("svg")) continue;
    const one = light(getComputedStyle(element).color), other = light(behind(element));
    const contrast = (Math.max(one, other) + .05) / (Math.min(one, other) + .05);
    least = Math.min(least, contrast);
    if (contrast < 4.5) wrong.push(`contrast ${contrast}: ${element.outerHTML.slice(0, 120)}`);
  }
  // What a bar is told by is seen without guessing (WCAG 1.4.11).
  let faintest = 21;
  for (const bar of document.querySelectorAll(".bar, .range, .tick")) {
    const style = getComputedStyle(bar), opacity = Number(style.opacity), paper = behind(bar.closest("svg"));
    const under = parts(paper), seen = parts(style.fill).slice(0, 3).map((c, i) => c * opacity + under[i] * (1 - opacity));
    const one = light(`rgb(${seen})`), other = light(paper);
    const contrast = (Math.max(one, other) + .05) / (Math.min(one, other) + .05);
    faintest = Math.min(faintest, contrast);
    if (contrast < 3) wrong.push(`contrast ${contrast}: ${bar.outerHTML.slice(0, 120)}`);
  }
  return {wrong, least, faintest, ids: ids.map(one => one.textContent), height: root.scrollHeight, scripts: document.scripts.length, title: document.title,
          headings: [...document.querySelectorAll("h1,h2,h3,h4")].map(one => one.tagName),
          text: document.body.innerText, html: root.outerHTML};
})()"""


class Tab:
    def __init__(self, url):
        import websocket
        self.socket = websocket.create_connection(url, timeout=60, suppress_origin=True)
        self.number, self.events = 0, []

    def call(self, method, **parameters):
        self.number += 1
        self.socket.send(json.dumps({"id": self.number, "method": method, "params": parameters}))
        while True:
            got = json.loads(self.socket.recv())
            if got.get("id") == self.number:
                assert "error" not in got, (method, got)
                return got["result"]
            self.events.append(got)

    def until(self, method):
        while not any(one.get("method") == method for one in self.events):
            self.events.append(json.loads(self.socket.recv()))

    def value(self, expression):
        got = self.call("Runtime.evaluate", expression=expression, returnByValue=True)
        assert "exceptionDetails" not in got, got
        return got["result"]["value"]


def complaints(events):
    """What a console would show, and requests for anything but the page."""
    found = []
    for one in events:
        method, said = one.get("method"), one.get("params", {})
        if method in ("Log.entryAdded", "Runtime.consoleAPICalled", "Runtime.exceptionThrown", "Page.javascriptDialogOpening"):
            found.append(json.dumps(said)[:500])
    return found


def requests(events):
    return [one["params"]["request"]["url"] for one in events if one.get("method") == "Network.requestWillBeSent"]


def tree(tab):
    """(role, name) of what a screen reader is given."""
    nodes = tab.call("Accessibility.getFullAXTree")["nodes"]
    return [(one["role"]["value"], one.get("name", {}).get("value", "")) for one in nodes if not one["ignored"]]


def press(tab, key, code):
    for kind in ("keyDown", "keyUp"):
        tab.call("Input.dispatchKeyEvent", type=kind, key=key, code=key, windowsVirtualKeyCode=code,
                 **({"text": "\r"} if key == "Enter" and kind == "keyDown" else {}))


def by_keyboard(tab):
    """What has the focus, one after the other; and whether all details can be opened without a mouse."""
    found, opened = [], True
    for _ in range(20):
        press(tab, "Tab", 9)
        what = tab.value("(e => e && e !== document.body ? e.tagName + ' ' + e.textContent.trim() : '')(document.activeElement)")
        if not what or what in found:
            break
        found.append(what)
        if what.startswith("SUMMARY"):
            assert tab.value("getComputedStyle(document.activeElement).outlineStyle") == "solid"
            press(tab, "Enter", 13)
            opened = opened and tab.value("document.activeElement.parentElement.open")
    return {"focused": found, "opened": opened}


def take(tab, path):
    """A picture of the whole page."""
    picture = tab.call("Page.captureScreenshot", captureBeyondViewport=True, fromSurface=True)
    with open(path, "wb") as out:
        out.write(base64.b64decode(picture["data"]))


def views(tab, url, pictures):
    for domain in ("Page", "Runtime", "Log", "Network", "Accessibility"):
        tab.call(f"{domain}.enable")
    for width in (400, 1200):
        for scheme in ("light", "dark"):
            tab.call("Emulation.setDeviceMetricsOverride", width=width, height=900, deviceScaleFactor=1, mobile=width < 500)
            tab.call("Emulation.setEmulatedMedia", media="", features=[{"name": "prefers-color-scheme", "value": scheme}])
            tab.events.clear()
            tab.call("Page.navigate", url=url)
            tab.until("Page.loadEventFired")
            seen = {"width": width, "scheme": scheme, **tab.value(MEASURE), "tree": tree(tab)}
            if pictures:
                take(tab, f"{pictures}-{width}-{scheme}.png")
            seen["keyboard"] = by_keyboard(tab)
            seen["opened"] = tab.value(MEASURE)["wrong"]
            if pictures:
                take(tab, f"{pictures}-{width}-{scheme}-unfolded.png")
            seen["console"], seen["requests"] = complaints(tab.events), requests(tab.events)
            yield seen
    tab.call("Emulation.setEmulatedMedia", media="print", features=[])
    pdf = base64.b64decode(tab.call("Page.printToPDF", printBackground=False)["data"])
    assert pdf.startswith(b"%PDF")
    yield {"printed": tab.value("document.body.innerText")}


def strict(html):
    """What html5lib and tidy have against it."""
    import html5lib
    parser = html5lib.HTMLParser(strict=False)
    parser.parse(html)
    found = [f"html5lib: {position} {code} {values}" for position, code, values in parser.errors]
    run = subprocess.run(["tidy", "-q", "-e", "--show-info", "no"], input=html.encode(), capture_output=True, check=False)
    # tidy does not know that a title may be one of SVG.
    return found + [f"tidy: {line}" for line in run.stderr.decode().splitlines() if '<title> proprietary attribute "id"' not in line]


def port_of(browser, profile):
    """Where it is driven; it writes that into its profile."""
    path, end = pathlib.Path(profile, "DevToolsActivePort"), time.monotonic() + 120
    while time.monotonic() < end and browser.poll() is None:
        lines = path.read_text(encoding="ascii").split() if path.exists() else []
        if len(lines) > 1:
            return int(lines[0])
        time.sleep(.05)
    raise RuntimeError("Chromium does not start: " + pathlib.Path(profile, "log").read_text(errors="replace")[-2000:])


def main(url, pictures=""):
    with urllib.request.urlopen(url, timeout=30) as answer:
        html = answer.read().decode()
    profile = tempfile.mkdtemp()
    # To a file: nobody would read a pipe, and a full one stops it.
    with open(f"{profile}/log", "wb") as log:
        browser = subprocess.Popen(["chromium", "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
                                    "--disable-background-networking", "--disable-component-update", "--hide-scrollbars",
                                    f"--user-data-dir={profile}", "--remote-debugging-port=0", "about:blank"],
                                   stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=log)
    try:
        host = f"127.0.0.1:{port_of(browser, profile)}"
        end = time.monotonic() + 60
        pages = []
        while not pages and time.monotonic() < end:
            with urllib.request.urlopen(f"http://{host}/json/list", timeout=30) as answer:
                pages = [one for one in json.load(answer) if one["type"] == "page"]
        tab = Tab(pages[0]["webSocketDebuggerUrl"])
        found = list(views(tab, url, pictures))
    finally:
        browser.terminate()
        browser.wait(120)
    json.dump({"html": html, "strict": strict(html), "views": found}, sys.stdout)


def look(url, pictures=""):
    """Runs the above in the root of the browser."""
    with open(__file__, encoding="utf-8") as source:
        run = subprocess.run(["chroot", "/browser", "/usr/bin/python3", "-", url, pictures], stdin=source, capture_output=True,
                             timeout=600, check=False)
    assert run.returncode == 0, run.stderr.decode()[-3000:]
    return json.loads(run.stdout)


if __name__ == "__main__":
    main(*sys.argv[1:])
