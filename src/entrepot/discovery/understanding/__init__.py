"""What a query means: its price, brand, values, quantities, what it does not want, and which kind of thing it is after.

Everything comes from the packs and the shop's own index; nothing is known of any one shop here.
"""

from .draft import Asker
from .understand import understand
from .vocabulary import Vocabulary

__all__ = ["Asker", "Vocabulary", "understand"]
