"""Yes and no as sheets have them: a spreadsheet writes TRUE and FALSE in the language of whoever saves it."""

from __future__ import annotations

from typing import Final

_YES: Final = """
true yes y 1 on wahr ja vrai oui verdadero sí si vero verdadeiro sim waar prawda tak sand sant pravda 真 是
"""
_NO: Final = """
false no n 0 off falsch nein faux non falso não onwaar nee fałsz nie usand falskt nepravda 假 否
"""
YES: Final = frozenset(_YES.split())
NO: Final = frozenset(_NO.split())
