"""The languages that code is coloured in, by the names that people write behind a fence."""

from __future__ import annotations

_ALSO = {  # Pygments' name, and what else people call it
    "nasm": ("asm",),
    "bash": ("sh", "shell", "zsh"),
    "c": ("h",),
    "cmake": (),
    "console": ("shell-session",),
    "cpp": ("c++", "cc", "hpp"),
    "csharp": ("c#", "cs"),
    "css": (),
    "dart": (),
    "diff": ("patch",),
    "docker": ("dockerfile",),
    "elixir": ("ex", "exs"),
    "erlang": ("erl",),
    "go": ("golang",),
    "haskell": ("hs",),
    "html": ("htm",),
    "ini": ("cfg", "dosini"),
    "java": (),
    "javascript": ("js", "jsx", "mjs"),
    "json": ("jsonc",),
    "julia": ("jl",),
    "kotlin": ("kt",),
    "latex": ("tex",),
    "lua": (),
    "make": ("makefile",),
    "matlab": (),
    "nginx": (),
    "ocaml": ("ml",),
    "octave": (),
    "delphi": ("pascal",),
    "perl": ("pl",),
    "php": (),
    "powershell": ("ps1", "pwsh"),
    "prolog": (),
    "pycon": (),
    "python": ("py", "python3"),
    "r": (),
    "ruby": ("rb",),
    "rust": ("rs",),
    "scala": (),
    "scheme": ("racket",),
    "scss": (),
    "sql": (),
    "swift": (),
    "toml": (),
    "typescript": ("ts", "tsx"),
    "verilog": (),
    "vhdl": (),
    "xml": ("svg",),
    "yaml": ("yml",),
}
LANGUAGES = {name: lexer for lexer in _ALSO for name in (lexer, *_ALSO[lexer])}


def language(info: str) -> str | None:
    """The language that the word behind a fence names; None if it is none of ours."""
    return LANGUAGES.get(info.lower())
