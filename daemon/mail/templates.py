"""Templates of mails: found, rendered, checked.

``mail/<language>/<name>.txt`` begins with a line ``Subject: …`` and is the text; ``<name>.html`` beside it is the HTML
(an empty file = text alone). An operator's folder overrides file by file; what it lacks is taken from the built-in
ones. A language is sought as ``de-AT``, then ``de``, then ``en``.

Rules:
- Templates come from files of the operator and from ours; mail text is data (invariant 15). They run in a sandbox,
  a missing variable is an error, HTML is escaped.
- A style sheet in the HTML is written into the elements, since Gmail's and Outlook's apps drop style sheets here and
  there; the sheet itself stays for dark mode. Sanitised HTML of an agent is put in afterwards, untouched.
- ``check`` is run at start: no template can fail for the first time when a customer waits.
"""

from __future__ import annotations

import difflib
import re
import traceback
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import css_inline
from jinja2 import FileSystemLoader, StrictUndefined, TemplateError, TemplateNotFound, TemplateSyntaxError, meta, nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import Markup

from daemon.mail.contexts import CONTEXTS, Acknowledgement, values, variables
from daemon.mail.filters import FILTERS
from daemon.mail.marks import ABOVE, DO, END, FILES, HISTORY, NOTICE, TICKET
from daemon.mail.samples import SAMPLES

_TO_ANSWER = (ABOVE, TICKET, END)
_MARKS = {"notification": _TO_ANSWER, "sheet": _TO_ANSWER} | dict.fromkeys(
    ("confirmation", "failure", "alert", "receipt", "unclear", "queue", "help", "digest"), (NOTICE,)
)
_MARKS_OF_BLOCKS = {"ticket": ABOVE, "files": FILES, "actions": DO, "history": HISTORY, "messages": HISTORY}
_SHARED = ("names.txt", "parts.txt", "parts.html")
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z]+)?")


@dataclass(frozen=True, slots=True)
class Rendered:
    subject: str
    text: str
    html: str | None


def built_in_folder() -> Path:
    """The folder ``templates``: inside the package when installed from a wheel, beside it in a checkout."""
    package = Path(__file__).resolve().parent.parent
    inside = package / "templates"
    return inside if inside.is_dir() else package.parent / "templates"


class Templates:
    """The templates of one daemon; ``folder`` is the operator's, laid out as the built-in one.

    ``acknowledgements`` are further ones of the operator's, that rules of routing name in place of acknowledgement.
    """

    def __init__(self, folder: Path | None, acknowledgements: Iterable[str] = ()) -> None:
        own = sorted(set(acknowledgements) - set(CONTEXTS))
        self._own = own
        self._contexts = CONTEXTS | dict.fromkeys(own, Acknowledgement)
        self._samples = SAMPLES | dict.fromkeys(own, SAMPLES["acknowledgement"])
        roots = ([folder / "mail"] if folder else []) + [built_in_folder() / "mail"]
        self._roots = roots
        self._environment = ImmutableSandboxedEnvironment(
            loader=FileSystemLoader(roots),
            undefined=StrictUndefined,
            autoescape=lambda name: name is not None and name.endswith(".html"),
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=False,
            auto_reload=False,
            cache_size=-1,
        )
        self._environment.filters.update(FILTERS)
        self._inliner = css_inline.CSSInliner(keep_style_tags=True, load_remote_stylesheets=False)
        self._spoken = frozenset(self.languages())
        self._found: dict[tuple[str, str], tuple[str, str | None]] = {}

    def render(self, language: str, name: str, **context: Any) -> Rendered:
        """Render one mail; ``jinja2.TemplateError`` only for what ``check`` would have told."""
        text_file, html_file = self._files(language, name)
        language = text_file.partition("/")[0]
        rendered = self._environment.get_template(text_file).render(context, language=language)
        subject, _, text = rendered.lstrip("\n").partition("\n")
        html = self._html(html_file, {**context, "language": language}) if html_file else None
        subject = subject.removeprefix("Subject:").strip() if subject.startswith("Subject:") else ""
        return Rendered(subject, text.strip("\n") + "\n", html)

    def has(self, language: str, name: str) -> bool:
        """Whether there is a template of this name that a letter in this language could be written by."""
        return bool(name) and any(self._path(f"{one}/{name}.txt") for one in _candidates(language))

    def languages(self) -> list[str]:
        """Every language that has a folder."""
        folders = (folder for root in self._roots if root.is_dir() for folder in root.iterdir() if folder.is_dir())
        return sorted({folder.name for folder in folders if _LANGUAGE.fullmatch(folder.name)})

    def speaks(self, language: str) -> bool:
        """Whether there are mails in this language, or in the one of which it is a variety."""
        return any(one in self._spoken for one in (language, language.partition("-")[0]))

    def check(self) -> list[str]:
        """Try every template in every language; each fault is a sentence with file and line."""
        faults = [
            f"{root.parent}: there is no folder mail in it; put templates into mail/<language>/"
            for root in self._roots
            if not root.is_dir()
        ]
        faults += self._strangers()
        for language in self.languages():
            for name in self._contexts:
                if name not in self._own or self._path(f"{language}/{name}.txt"):
                    faults += self._faults(language, name)
        return list(dict.fromkeys(faults))

    def _files(self, language: str, name: str) -> tuple[str, str | None]:
        """The files of one mail: HTML only in the language of the text, and only if there is something in it."""
        key = (language, name)
        if key not in self._found:
            for candidate in _candidates(language):
                text, html = f"{candidate}/{name}.txt", f"{candidate}/{name}.html"
                if self._path(text):
                    path = self._path(html)
                    self._found[key] = (text, html if path and path.stat().st_size else None)
                    break
            else:
                raise TemplateNotFound(f"en/{name}.txt")
        return self._found[key]

    def _path(self, file: str) -> Path | None:
        return next((root / file for root in self._roots if (root / file).is_file()), None)

    def _html(self, file: str, context: dict[str, Any]) -> str:
        markup = {name: value for name, value in context.items() if isinstance(value, Markup)}
        places = {name: Markup(f"<!--put {name} here-->") for name in markup}  # noqa: S704 - no text of others
        page = self._inliner.inline(self._environment.get_template(file).render({**context, **places}))
        for name, place in places.items():
            page = page.replace(place, markup[name])
        return page

    def _faults(self, language: str, name: str) -> Iterator[str]:
        for file in (f"{language}/{name}.txt", f"{language}/{name}.html"):
            path = self._path(file)
            if path is None:
                yield f"{self._roots[0] / file}: is missing; write it, an empty .html where the text is enough"
                return
            try:
                source = path.read_text("utf-8")
                known = {*variables(self._contexts[name]), "language"}
                for unknown in sorted(_unknown(self._environment.parse(source)) - known):
                    near = difflib.get_close_matches(unknown, known, 1)
                    yield (
                        f"{path}, line {_line_of(source, unknown)}: there is no variable {unknown} in this mail; "
                        + (f"did you mean {near[0]}?" if near else f"there are {', '.join(sorted(known))}")
                    )
                    return
            except UnicodeDecodeError:
                yield f"{path}: is not UTF-8; save it as UTF-8"
                return
            except TemplateSyntaxError as error:
                yield f"{path}, line {error.lineno}: {error.message}"
                return
        for sample in self._samples[name]:
            try:
                rendered = self.render(language, name, **_marked_up(values(sample)))
            except (TemplateError, TypeError, ValueError, ArithmeticError, LookupError, AttributeError) as error:
                yield _place(error, self._path(f"{language}/{name}.txt")) + f": {_message(error)}"
                return
            if not rendered.subject:
                yield (
                    f"{self._path(f'{language}/{name}.txt')}: its first line does not begin with 'Subject:'; "
                    "write the subject of the mail there"
                )
                return
            for part, ending in ((rendered.text, "txt"), (rendered.html, "html")):
                blocks = tuple(mark for field, mark in _MARKS_OF_BLOCKS.items() if getattr(sample, field, ()))
                for mark in _MARKS.get(name, ()) + blocks:
                    if part is not None and mark not in part:
                        yield (
                            f"{self._path(f'{language}/{name}.{ending}')}: lacks the mark {mark}, without which an "
                            "agent's answer could carry our words to the customer; put it back"
                        )
                        return

    def _strangers(self) -> Iterator[str]:
        if len(self._roots) < 2 or not self._roots[0].is_dir():
            return
        known = {f"{name}.{ending}" for name in self._contexts for ending in ("txt", "html")} | set(_SHARED)
        for path in sorted(self._roots[0].glob("*/*")):
            if path.suffix in (".txt", ".html") and path.name not in known:
                near = difflib.get_close_matches(path.name, known, 1)
                yield f"{path}: no mail is made from it" + (f"; did you mean {near[0]}?" if near else "; remove it")


def _candidates(language: str) -> tuple[str, str, str]:
    return language, language.partition("-")[0], "en"


def _unknown(tree: nodes.Template) -> set[str]:
    """Variables that a template reads and neither sets nor imports; an import reaches into its blocks."""
    names = [name for one in tree.find_all(nodes.FromImport) for name in one.names]
    imported = {name if isinstance(name, str) else name[1] for name in names}
    return meta.find_undeclared_variables(tree) - imported


def _marked_up(context: dict[str, Any]) -> dict[str, Any]:
    html = context.get("words_html")
    return {**context, "words_html": Markup(html)} if html else context  # noqa: S704 - one of our samples


def _line_of(source: str, word: str) -> int:
    match = re.search(rf"\b{re.escape(word)}\b", source)
    return source.count("\n", 0, match.start()) + 1 if match else 1


def _place(error: Exception, path: Path | None) -> str:
    """File and line of the template in which an exception arose."""
    if isinstance(error, TemplateSyntaxError):
        return f"{error.filename or path}, line {error.lineno}"
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if frame.filename.endswith((".txt", ".html"))]
    return f"{ours[-1].filename}, line {ours[-1].lineno}" if ours else str(path)


def _message(error: Exception) -> str:
    if isinstance(error, TemplateNotFound):
        return f"it uses {error.message}, which is missing"
    return str(error) or type(error).__name__
