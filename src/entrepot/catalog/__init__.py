"""The catalogue: who sells, what there is, who offers it at which price, and how much is left.

A product is shared and its first lister owns the content; an offer is one seller's. Stock is units in the ledger, so
that nothing can be sold twice. Only goods of approved merchants are seen.
"""

from .drafts import Fault, ProductDraft, ReviewDraft, VariantDraft
from .events import (
    MerchantApplied,
    MerchantApproved,
    MerchantSuspended,
    OffersChanged,
    ProductsHidden,
    ProductsListed,
    StockChanged,
)
from .types import (
    AttributeDefinition,
    Card,
    CartOffer,
    Category,
    CategoryDraft,
    CategoryNode,
    Listing,
    Merchant,
    MerchantApplication,
    OfferView,
    OptionView,
    PictureView,
    ProductDocument,
    ProductView,
    Rating,
    Review,
    Saved,
    VariantView,
)

__all__ = [
    "AttributeDefinition",
    "Card",
    "CartOffer",
    "Category",
    "CategoryDraft",
    "CategoryNode",
    "Fault",
    "Listing",
    "Merchant",
    "MerchantApplication",
    "MerchantApplied",
    "MerchantApproved",
    "MerchantSuspended",
    "OfferView",
    "OffersChanged",
    "OptionView",
    "PictureView",
    "ProductDocument",
    "ProductDraft",
    "ProductView",
    "ProductsHidden",
    "ProductsListed",
    "Rating",
    "Review",
    "ReviewDraft",
    "Saved",
    "StockChanged",
    "VariantDraft",
    "VariantView",
]
