"""The catalogue: who sells, what there is, who offers it at which price, and how much is left.

A product is shared and its first lister owns the content; an offer is one seller's. Stock is units in the ledger, so
that nothing can be sold twice. Only goods of approved merchants are seen.
"""

from typing import Any

from entrepot.kernel import Blobs, Reactions, TaskKind

from . import merging as _merging
from . import notices as _notices  # noqa: F401 - declares their kinds
from . import rules as _rules
from . import sales as _sales
from . import twins as _twins
from .arranging import (
    Brought,
    find_categories,
    list_brought,
    list_children,
    merge_categories,
    move_category,
    rename_category,
    settle_brought,
)
from .attributes import list_attributes, save_attributes
from .bulk.running import (
    RunBulkEdit,
    bulk_task,
    get_edit,
    list_edit_lines,
    list_edits,
    preview_edit,
    start_edit,
    start_sheet,
    undo_edit,
)
from .bulk.selecting import count_selected
from .bulk.sheet import Sheet, SheetRow, read_sheet, sheet_header, sheet_lines
from .bulk.types import (
    BulkEdit,
    BulkPreview,
    Change,
    Edit,
    NamedLine,
    PriceChange,
    SaleChange,
    Selection,
    StatusChange,
    StockChange,
)
from .bundles import BundlePart, save_bundle
from .cards import documents_of, iterate_documents, list_cards, offered_of, titles_of
from .categories import category_tree, get_category, list_categories, map_categories, paths_of, save_categories
from .checks import CheckLine, Quality, check_listing
from .collections import (
    Collection,
    CollectionDraft,
    CollectionRule,
    arrange_collection,
    delete_collection,
    find_collection,
    get_collection,
    list_collection_cards,
    list_collections,
    product_ids_of,
    save_collection,
)
from .currencies import CURRENCIES, is_currency
from .documents import DocumentOffer, ProductDocument
from .drafts import Fault, PictureDraft, ProductDraft, ReviewDraft, SaleDraft, VariantDraft
from .events import (
    MerchantApplied,
    MerchantApproved,
    MerchantSuspended,
    OffersChanged,
    ProductsHidden,
    ProductsListed,
    StockChanged,
)
from .exports.formats import EXPORT_FORMATS, PUBLIC_FORMATS, export_feed, export_public_feed, find_writer
from .exports.schema_org import schema_org
from .exports.sitemap import list_addresses as list_sitemap_addresses
from .exports.sitemap import list_parts as list_sitemap_parts
from .exports.sitemap import write_index as write_sitemap_index
from .exports.sitemap import write_part as write_sitemap_part
from .exports.writing import Site
from .fetching import (
    FetchPictures,
    fetch_due,
    fetch_task,
    retry_pictures,
)
from .gtin import find_gtin
from .imports.feeds import FeedRef
from .imports.formats import FORMATS, ColumnSample, feeds_in, local_feed, sample_columns, uploaded_feed
from .imports.jobs import (
    Counts,
    Import,
    ReportLine,
    RunImport,
    get_import,
    list_import_errors,
    list_imports,
    map_columns,
    start_import,
)
from .imports.jsonl import feed_schema
from .imports.keeping import Tidy as TidyFeeds
from .imports.keeping import check_quota, tidy_task
from .imports.mappings import MANY as COLUMN_TARGETS_MANY
from .imports.mappings import NEEDED as COLUMN_TARGETS_NEEDED
from .imports.mappings import TARGETS as COLUMN_TARGETS
from .imports.mappings import Mapping as ColumnMapping
from .imports.mappings import check_mapping, find_mapping
from .imports.mending import RefusedRows, find_refused_rows, gives_rows_back
from .imports.running import Preview, import_task, preview_import, read_feed, run_import
from .landing import why_first
from .listings import (
    find_handles,
    find_listings,
    find_offers,
    get_listing,
    handles_of,
    hide_product,
    list_listings,
    publish_product,
)
from .media import (
    Lookalike,
    ManagedPicture,
    add_pictures,
    arrange_pictures,
    describe_picture,
    find_lookalikes,
    list_pictures,
    main_pictures,
    next_main_pictures,
    remove_picture,
    set_variant_picture,
)
from .membership import collections_with
from .merchants import (
    apply_as_merchant,
    approve_merchant,
    get_merchant,
    list_merchants,
    merchants_of,
    suspend_merchant,
)
from .merging import FollowMerging, Merging, list_mergings, merge_attribute, merge_value, undo_merging
from .metered import HOUSE, MeteredDraft, list_product, withdraw_product
from .moderation import Case, decide, list_cases, report
from .offers import OfferChange, Sale, get_offer, offers_for_cart, regular_prices, set_stock, update_offer
from .packs import (
    Check,
    Pack,
    PackAttribute,
    PackFault,
    Thing,
    Value,
    attribute_of,
    list_packs,
    normalise,
    normalise_all,
    pack_named,
    pack_of,
    same_words,
)
from .pages import get_product
from .pictures import StoredPicture, decode_picture, record_pictures, rendition, store_picture
from .pieces import Pieces, free_pieces, restock_pieces, send_pieces
from .products import place_faults, save_products
from .proofs import PROOFS
from .proposals import Content as ProductContent
from .proposals import (
    Proposal,
    accept_proposal,
    decline_proposal,
    get_proposal,
    list_proposals,
    propose_content,
    read_content,
    withdraw_proposal,
)
from .publishing import set_listing_status
from .questions import (
    Answer,
    MerchantQuestion,
    Question,
    answer_question,
    ask_question,
    get_question,
    list_merchant_questions,
    list_questions,
    may_answer,
    merge_questions,
    withdraw_words,
)
from .reviews import (
    MerchantReview,
    ReviewText,
    ReviewWish,
    answer_review,
    find_own_review,
    get_review,
    grant_review,
    list_merchant_reviews,
    list_reviews,
    may_review,
    review_bars,
    withdraw_review,
    write_review,
)
from .sales import SCHEDULE as _SALES
from .seen import Seen, read_seen
from .settings import Settings
from .shelves import Movement, PriceStep, list_low_stock, list_movements, list_prices, move_stock, tell_low_stock
from .stock import (
    SoldOut,
    StockRequest,
    announce_stock,
    available,
    hold_stock,
    on_hand_of,
    places_of,
    release_stock,
)
from .taxonomy import Loaded, Taxonomy, load_taxonomy, read_taxonomy
from .twins import Twin, TwinSide, join_twins, keep_apart, list_twins, propose_twin
from .types import (
    AttributeDefinition,
    Card,
    CartOffer,
    Category,
    CategoryDraft,
    CategoryNode,
    Listing,
    ListingStatus,
    Merchant,
    MerchantApplication,
    MerchantStatus,
    MeterPrice,
    OfferView,
    OptionView,
    PictureView,
    ProductKind,
    ProductView,
    Rating,
    Review,
    Saved,
    VariantView,
)
from .values import colour_words, is_same_unit, is_unit, same_quantities, unit_words
from .votes import vote_helpful, voted_for

SCHEDULE = (*_SALES, *_twins.SCHEDULE)


def reactions() -> Reactions:
    """What the catalogue does because of its own events."""
    return {
        StockChanged: (tell_low_stock, _rules.follow_rules),
        ProductsListed: (_rules.follow_rules,),
        OffersChanged: (_rules.follow_rules,),
        ProductsHidden: (_rules.follow_rules,),
        MerchantApproved: (_twins.look_again,),
    }


def tasks(blobs: Blobs, settings: Settings | None = None) -> tuple[TaskKind[Any], ...]:
    """The kinds of task that the catalogue has: importing what was uploaded, following sales and schedules.

    A pack that cannot be read is refused here, so that it stops the start.
    """
    list_packs()
    return (
        import_task(blobs),
        tidy_task(blobs, settings or Settings()),
        fetch_task(blobs, settings or Settings()),
        bulk_task(),
        *_sales.TASKS,
        *_twins.TASKS,
        *_merging.TASKS,
        *_rules.TASKS,
    )


__all__ = [
    "COLUMN_TARGETS", "COLUMN_TARGETS_MANY", "COLUMN_TARGETS_NEEDED", "CURRENCIES", "EXPORT_FORMATS", "FORMATS",
    "HOUSE", "PROOFS", "PUBLIC_FORMATS", "SCHEDULE", "Answer", "AttributeDefinition", "Blobs", "Brought", "BulkEdit",
    "BulkPreview", "BundlePart", "Card", "CartOffer", "Case", "Category", "CategoryDraft", "CategoryNode", "Change",
    "Check", "CheckLine", "Collection", "CollectionDraft", "CollectionRule", "ColumnMapping", "ColumnSample", "Counts",
    "DocumentOffer", "Edit", "Fault", "FeedRef", "FetchPictures", "FollowMerging", "Import", "Listing", "ListingStatus",
    "Loaded", "Lookalike", "ManagedPicture", "Merchant", "MerchantApplication", "MerchantApplied", "MerchantApproved",
    "MerchantQuestion", "MerchantReview", "MerchantStatus", "MerchantSuspended", "Merging", "MeterPrice",
    "MeteredDraft", "Movement", "NamedLine", "OfferChange", "OfferView", "OffersChanged", "OptionView", "Pack",
    "PackAttribute", "PackFault", "PictureDraft", "PictureView", "Pieces", "Preview", "PriceChange", "PriceStep",
    "ProductContent", "ProductDocument", "ProductDraft", "ProductKind", "ProductView", "ProductsHidden",
    "ProductsListed", "Proposal", "Quality", "Question", "Rating", "RefusedRows", "ReportLine",
    "Review", "ReviewDraft", "ReviewText", "ReviewWish", "RunBulkEdit", "RunImport", "Sale", "SaleChange", "SaleDraft",
    "Saved", "Seen", "Selection", "Settings", "Sheet", "SheetRow", "Site", "SoldOut", "StatusChange", "StockChange",
    "StockChanged", "StockRequest", "StoredPicture", "Taxonomy", "Thing", "TidyFeeds", "Twin", "TwinSide", "Value",
    "VariantDraft", "VariantView", "accept_proposal", "add_pictures", "announce_stock", "answer_question",
    "answer_review", "apply_as_merchant", "approve_merchant", "arrange_collection", "arrange_pictures", "ask_question",
    "attribute_of", "available", "bulk_task", "category_tree", "check_listing", "check_mapping", "check_quota",
    "collections_with", "colour_words", "count_selected", "decide", "decline_proposal", "decode_picture",
    "delete_collection", "describe_picture", "documents_of", "export_feed", "export_public_feed", "feed_schema",
    "feeds_in", "fetch_due", "find_categories", "find_collection", "find_gtin", "find_handles", "find_listings",
    "find_lookalikes", "find_mapping", "find_offers", "find_own_review", "find_refused_rows", "find_writer",
    "free_pieces", "get_category", "get_collection", "get_edit", "get_import", "get_listing", "get_merchant",
    "get_offer", "get_product", "get_proposal", "get_question", "get_review", "gives_rows_back", "grant_review",
    "handles_of", "hide_product", "hold_stock", "import_task", "is_currency", "is_same_unit", "is_unit",
    "iterate_documents", "join_twins", "keep_apart", "list_attributes", "list_brought", "list_cards", "list_cases",
    "list_categories", "list_children", "list_collection_cards", "list_collections", "list_edit_lines", "list_edits",
    "list_import_errors", "list_imports", "list_listings", "list_low_stock", "list_merchant_questions",
    "list_merchant_reviews", "list_merchants", "list_mergings", "list_movements", "list_packs", "list_pictures",
    "list_prices", "list_product", "list_proposals", "list_questions",
    "list_reviews", "list_sitemap_addresses", "list_sitemap_parts", "list_twins", "load_taxonomy", "local_feed",
    "main_pictures", "map_categories", "map_columns", "may_answer", "may_review", "merchants_of", "merge_attribute",
    "merge_categories", "merge_questions", "merge_value", "move_category", "move_stock", "next_main_pictures",
    "normalise", "normalise_all", "offered_of", "offers_for_cart", "on_hand_of", "pack_named", "pack_of", "paths_of",
    "place_faults",
    "places_of", "preview_edit", "preview_import", "product_ids_of", "propose_content", "propose_twin",
    "publish_product", "reactions", "read_content", "read_feed", "read_seen", "read_sheet", "read_taxonomy",
    "record_pictures", "regular_prices", "release_stock", "remove_picture", "rename_category", "rendition", "report",
    "restock_pieces", "retry_pictures", "review_bars", "run_import", "same_quantities", "same_words", "sample_columns",
    "save_attributes", "save_bundle", "save_categories", "save_collection", "save_products", "schema_org",
    "send_pieces", "set_listing_status", "set_stock", "set_variant_picture", "settle_brought", "sheet_header",
    "sheet_lines", "start_edit", "start_import", "start_sheet", "store_picture", "suspend_merchant",
    "tasks", "titles_of", "undo_edit", "undo_merging", "unit_words", "update_offer", "uploaded_feed", "vote_helpful",
    "voted_for", "why_first", "withdraw_product", "withdraw_proposal", "withdraw_review", "withdraw_words",
    "write_review", "write_sitemap_index", "write_sitemap_part",
]  # fmt: skip
