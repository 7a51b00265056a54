"""The site's pages as they are published: policy, repairs, navigation, weight."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urljoin, urlsplit

import pytest
from lxml import html as lxml_html

from press import book as books
from press import build, site
from press.theme import Theme

ROOT = "https://example.org/fixture/"
PAGE_BUDGET = 100_000  # HTML, style and script of the first page, compressed
SHELL = "<!doctype html><html><head><title>x</title></head><body>{}</body></html>"


def finished(body: str) -> lxml_html.HtmlElement:
    """A finished page with this body, as a tree."""
    return lxml_html.document_fromstring(site.finish(SHELL.format(body), ""))


def addresses(folder: Path) -> list[Path]:
    return sorted(folder.rglob("*.html"))


@pytest.fixture(scope="module")
def pages(rendering) -> dict[str, lxml_html.HtmlElement]:
    """Every page of the fixture book's site, by its file's place in it."""
    return {
        path.relative_to(rendering.site).as_posix(): lxml_html.document_fromstring(
            path.read_text(encoding="utf-8")
        )
        for path in addresses(rendering.site)
    }


def content_pages(pages) -> Iterator[tuple[str, lxml_html.HtmlElement]]:
    yield from ((name, page) for name, page in pages.items() if name != "404.html")


# -- policy ---------------------------------------------------------------------


def test_policy_comes_first_and_allows_just_the_page_s_own_scripts(pages):
    for name, page in pages.items():
        first = page.find("head")[0]
        assert first.get("http-equiv") == "Content-Security-Policy", name
        policy = first.get("content")
        assert "unsafe" not in policy
        inline = {
            "'sha256-"
            + base64.b64encode(hashlib.sha256(s.text.encode()).digest()).decode()
            + "'"
            for s in page.iter("script")
            if s.get("src") is None
            and s.get("type") not in ("application/json", "application/ld+json")
        }
        assert set(re.findall(r"'sha256-[^']+'", policy)) == inline, name


def test_inline_scripts_do_not_vary_by_depth(pages):
    policies = {page.find("head")[0].get("content") for page in pages.values()}
    assert len(policies) == 1


def test_no_inline_style_and_no_handlers(pages):
    for name, page in pages.items():
        assert not page.xpath("//@style | //style | //@onclick | //@onload"), name


def test_nothing_is_loaded_from_elsewhere(pages):
    loads = "//script/@src | //img/@src | //link[@rel!='canonical']/@href"
    for name, page in pages.items():
        for address in page.xpath(loads):
            assert not urlsplit(address).netloc or address.startswith(ROOT), name


def test_data_blocks_need_no_hash():
    page = finished('<script type="application/ld+json">{}</script>')
    assert "sha256" not in page.find("head")[0].get("content")


def test_the_hash_is_that_of_the_script_as_published():
    script = 'if (1 < 2 && "é") { x = "</p>" }'
    page = finished(f"<script>{script}</script>")
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert f"'sha256-{digest}'" in page.find("head")[0].get("content")
    assert page.findtext(".//script") == script


# -- repairs -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "gone"),
    [
        ('<p style="color:red">x</p>', "//@style"),
        ("<style>p{}</style>", "//style"),
        ('<link href="a/stylesheets/palette.1.min.css" rel="stylesheet">', "//link"),
        ('<input type="checkbox" autocomplete="off">', "//@autocomplete"),
        ('<a id="l1" name="l1">x</a>', "//@name"),
        (
            '<h2>t<a class="headerlink" href="#t" title="P">¶</a></h2>',
            "//@title",
        ),
    ],
)
def test_what_goes(body, gone):
    assert lxml_html.document_fromstring(SHELL.format(body)).xpath(gone)
    assert not finished(body).xpath(gone)


def test_controls_get_names():
    page = finished(
        '<div role="dialog"></div>'
        '<ul><li><input type="checkbox" disabled> Ask for the digest</li></ul>'
    )
    assert page.xpath("//*[@role='dialog']/@aria-label") == ["Search"]
    assert page.xpath("//input/@aria-label") == ["Ask for the digest"]


def test_downloads_say_of_which_type_they_are():
    page = finished(
        '<a href="downloads/b.pdf" download>PDF</a><a href="/b.epub?1">EPUB</a>'
        '<a href="b/">page</a><a href="https://e.example/b.pdf">another\'s</a>'
    )
    told = [link.get("type") for link in page.iter("a")]
    assert told == ["application/pdf", "application/epub+zip", None, None]


def test_a_table_scrolls_in_a_box_of_its_own():
    page = finished(
        '<article><figure><figcaption><span class="label">Table 1-1</span> t'
        "</figcaption><table><tr><td>1</td></tr></table>after</figure></article>"
    )
    (box,) = page.xpath("//div[@class='scroll']")
    assert box.get("aria-label") == "Table 1-1"
    assert box.get("tabindex") == "0"
    assert box.tail == "after"
    assert [child.tag for child in box] == ["table"]


def test_code_and_equations_scroll_by_keyboard():
    page = finished(
        '<pre tabindex="0"><code>x</code></pre>'
        '<div class="equation"><math></math><span class="eqno">(1-2)</span></div>'
    )
    assert not page.find(".//pre").get("tabindex")
    assert page.find(".//code").get("tabindex") == "0"
    (equation,) = page.xpath("//*[@class='equation']")
    assert equation.get("aria-label") == "Equation 1-2"
    assert equation.get("tabindex") == "0"


def test_images_wait_until_they_are_near(pages):
    images = [i for page in pages.values() for i in page.xpath("//article//img")]
    assert images
    assert {image.get("loading") for image in images} == {"lazy"}


def test_code_and_formulas_come_through_unchanged():
    body = (
        '<pre><code><span class="ln" data-n="1">if a &lt; b:\n</span>'
        '<span class="ln" data-n="2">\n</span></code></pre>'
        '<p><math alttext="a"><mrow><mi>a</mi><mo>&lt;</mo></mrow></math> b</p>'
        '<svg viewBox="0 0 1 1"><path d="M0 0"/></svg>'
    )
    published = site.finish(SHELL.format(body), "")
    page = lxml_html.document_fromstring(published)
    assert page.find(".//pre").text_content() == "if a < b:\n\n"
    assert "<mi>a</mi><mo>&lt;</mo>" in published


# -- navigation ----------------------------------------------------------------


def test_every_page_marks_itself_once_in_the_contents(pages):
    for name, page in content_pages(pages):
        marked = page.xpath("//nav[@class='book-nav']//a[@aria-current]")
        assert len(marked) == (name != "index.html"), name


def test_links_between_pages_lead_somewhere(pages, rendering):
    for name, page in pages.items():
        base = urljoin(ROOT, name)
        for address in page.xpath("//nav//a/@href | //footer//a/@href"):
            target = urljoin(base, address)
            if target.startswith(ROOT):
                path = rendering.site / urlsplit(target[len(ROOT) :]).path
                assert path.is_file() or (path / "index.html").is_file(), target


def test_next_leads_through_the_whole_book(pages, rendering):
    seen, name = [], "index.html"
    while name:
        seen.append(name)
        links = pages[name].xpath("//a[@rel='next']/@href")
        target = urljoin(urljoin(ROOT, name), links[0]) if links else ""
        name = f"{target[len(ROOT) :]}index.html" if target else ""
    assert len(seen) == len(rendering.book.pages)


def test_a_planned_chapter_says_so(pages):
    (planned,) = {
        entry.get("href")
        for entry in pages["index.html"].xpath("//a[span[@class='badge']]")
    }
    assert "02-signals" in planned
    page = pages["02-signals/index.html"]
    assert "page-planned" in page.find(".//article").get("class")


def test_ids_are_unique(pages):
    for name, page in pages.items():
        ids = page.xpath("//@id")
        assert len(ids) == len(set(ids)), name


def test_one_main_heading_and_a_title_of_its_own(pages):
    titles = [page.findtext(".//title") for page in pages.values()]
    assert len(set(titles)) == len(titles) - 1  # 404 has the book's title
    for name, page in pages.items():
        assert len(page.xpath("//h1")) == 1, name


def test_the_not_found_page_leads_back(pages):
    links = pages["404.html"].xpath("//article//a/@href")
    assert any(link.endswith("front/contents/") for link in links)


# -- what machines read --------------------------------------------------------


def test_schema_tells_book_and_pieces(pages):
    kinds = {}
    for name, page in content_pages(pages):
        (data,) = page.xpath("//script[@type='application/ld+json']/text()")
        kinds[name] = json.loads(data)
    landing = kinds.pop("index.html")
    assert (landing["@type"], landing["name"]) == ("Book", "The Fixture Book")
    assert {piece["@type"] for piece in kinds.values()} == {"Chapter"}
    assert {piece["isPartOf"]["name"] for piece in kinds.values()} == {landing["name"]}


def test_description_and_open_graph(pages):
    for name, page in content_pages(pages):
        assert page.xpath("string(//meta[@name='description']/@content)"), name
        address = page.xpath("string(//meta[@property='og:url']/@content)")
        assert address == urljoin(ROOT, name.removesuffix("index.html"))


def test_robots_name_the_sitemap(rendering):
    robots = (rendering.site / "robots.txt").read_text()
    assert f"Sitemap: {ROOT}sitemap.xml" in robots
    assert (rendering.site / "sitemap.xml").is_file()


def test_style_sheet_and_its_fonts_are_there(rendering):
    css = (rendering.site / "assets/book.css").read_text(encoding="utf-8")
    served = re.findall(r'url\("(fonts/[^"]+)"\)', css)
    assert len(served) == sum(face.site for face in Theme.load(Path("theme")).fonts)
    for name in served:
        assert (rendering.site / "assets" / name).is_file()


# -- addresses -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("src", "address"),
    [
        ("index.md", ""),
        ("front/preface.md", "front/preface/"),
        ("01-queues/index.md", "01-queues/"),
        ("back/subject-index.md", "back/subject-index/"),
        ("01-queues/01-waiting.md", "01-queues/01-waiting/"),
    ],
)
def test_addresses_are_those_of_mkdocs(src, address, rendering):
    book = rendering.book
    assert site.address(book, book.by_src[src]) == address
    assert {page.src: page.url for page in rendering.pages}[src] in (address, "./")


@pytest.fixture(scope="module")
def with_repository(tmp_path_factory) -> dict[str, lxml_html.HtmlElement]:
    """Pages of the fixture book with a repository on GitHub."""
    from fixture_book import lay_out

    root = lay_out(tmp_path_factory.mktemp("repository") / "book")
    config = root / "mkdocs.yml"
    lines = "repo_url: https://github.com/ada/book\nedit_uri: edit/main/manuscript/\n"
    config.write_text(lines + config.read_text(encoding="utf-8"), encoding="utf-8")
    out = root / "out"
    with pytest.MonkeyPatch.context() as patch:
        book = books.load(root)
        patch.setenv("SOURCE_DATE_EPOCH", str(build.epoch(book)))
        build.render(book, out)
    return {
        name: lxml_html.document_fromstring((out / name).read_text(encoding="utf-8"))
        for name in ("index.html", "01-queues/01-waiting/index.html")
    }


def test_a_page_offers_mending(with_repository):
    page = with_repository["01-queues/01-waiting/index.html"]
    (edit,) = page.xpath("//a[@rel='edit']/@href")
    assert edit == (
        "https://github.com/ada/book/edit/main/manuscript/01-queues/01-waiting.md"
    )
    (report,) = page.xpath("//p[@class='mend']/a[contains(@href, 'issues/new')]/@href")
    query = parse_qs(urlsplit(report).query)
    assert "1.1" in query["title"][0]
    assert "version 1.0" in query["title"][0]
    assert f"{ROOT}01-queues/01-waiting/" in query["body"][0]


def test_no_page_asks_github_for_stars(with_repository):
    for page in with_repository.values():
        assert not page.xpath("//*[@data-md-component='source']")


def test_without_a_repository_nothing_is_offered(pages):
    for page in pages.values():
        assert not page.xpath("//p[@class='mend'] | //a[@rel='edit']")


# -- weight ---------------------------------------------------------------------


def test_the_first_page_is_light(pages, rendering):
    page = pages["01-queues/01-waiting/index.html"]
    base = "01-queues/01-waiting/"
    files = {f"{base}index.html"}
    for address in page.xpath("//link[@rel='stylesheet']/@href | //script/@src"):
        files.add(urljoin(f"{ROOT}{base}", address)[len(ROOT) :])
    files |= {
        path.relative_to(rendering.site).as_posix()
        for path in rendering.site.glob("assets/javascripts/workers/search.*.js")
    }
    sizes = [len(gzip.compress((rendering.site / f).read_bytes(), 9)) for f in files]
    assert sum(sizes) <= PAGE_BUDGET
