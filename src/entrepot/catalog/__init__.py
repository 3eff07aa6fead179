"""The catalogue: who sells, what there is, who offers it at which price, and how much is left.

A product is shared and its first lister owns the content; an offer is one seller's. Stock is units in the ledger, so
that nothing can be sold twice. Only goods of approved merchants are seen.
"""

from . import notices as _notices  # noqa: F401 - declares their kinds
from .attributes import list_attributes, save_attributes
from .cards import documents_of, iterate_documents, list_cards
from .categories import category_tree, get_category, list_categories, save_categories
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
from .listings import get_listing, hide_product, list_listings, publish_product
from .merchants import (
    apply_as_merchant,
    approve_merchant,
    get_merchant,
    list_merchants,
    merchants_of,
    suspend_merchant,
)
from .offers import OfferChange, get_offer, offers_for_cart, set_stock, update_offer
from .pages import get_product
from .pictures import StoredPicture, record_pictures, rendition, store_picture
from .products import save_products
from .reviews import ReviewText, grant_review, list_reviews, may_review, write_review
from .stock import (
    SoldOut,
    StockRequest,
    announce_stock,
    available,
    hold_stock,
    release_stock,
    ship_stock,
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
    MerchantStatus,
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
    "MerchantStatus",
    "MerchantSuspended",
    "OfferChange",
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
    "ReviewText",
    "Saved",
    "SoldOut",
    "StockChanged",
    "StockRequest",
    "StoredPicture",
    "VariantDraft",
    "VariantView",
    "announce_stock",
    "apply_as_merchant",
    "approve_merchant",
    "available",
    "category_tree",
    "documents_of",
    "get_category",
    "get_listing",
    "get_merchant",
    "get_offer",
    "get_product",
    "grant_review",
    "hide_product",
    "hold_stock",
    "iterate_documents",
    "list_attributes",
    "list_cards",
    "list_categories",
    "list_listings",
    "list_merchants",
    "list_reviews",
    "may_review",
    "merchants_of",
    "offers_for_cart",
    "publish_product",
    "record_pictures",
    "release_stock",
    "rendition",
    "save_attributes",
    "save_categories",
    "save_products",
    "set_stock",
    "ship_stock",
    "store_picture",
    "suspend_merchant",
    "update_offer",
    "write_review",
]
