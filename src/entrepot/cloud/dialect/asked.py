"""What OpenAI's clients send. Fields that we do not know are left alone, as theirs are by other servers; those that
would change the answer and that nobody here can honour are refused by name."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec

from entrepot.kernel import Invalid

from ..engines.base import Generation, Message, Tool, Unable
from ..engines.schemas import Checker

OUTPUT_TOKENS_FIRST = 512
"""What an answer may have when the caller says nothing."""
INPUTS_MAX = 2_048
TEXT_LENGTH_MAX = 400_000
TOOLS_MAX = 128

NO_PARAMETERS: dict[str, Any] = {"type": "object", "properties": {}, "additionalProperties": False}
"""Of a function that describes none."""

Positive = Annotated[int, msgspec.Meta(ge=1, le=1_000_000)]
Share = Annotated[float, msgspec.Meta(ge=0, le=1)]
Warmth = Annotated[float, msgspec.Meta(ge=0, le=2)]
Penalty = Annotated[float, msgspec.Meta(ge=-2, le=2)]
Seed = Annotated[int, msgspec.Meta(ge=-(2**63), le=2**63 - 1)]
Text = Annotated[str, msgspec.Meta(max_length=TEXT_LENGTH_MAX)]


class StreamOptions(msgspec.Struct, frozen=True):
    """`include_usage`: an event of its own with the usage, after the last piece."""

    include_usage: bool = False


class Function(msgspec.Struct, frozen=True):
    """A function that the model may call."""

    name: Annotated[str, msgspec.Meta(pattern=r"^[a-zA-Z0-9_.-]{1,64}$")]
    description: str | None = None
    parameters: dict[str, Any] | None = None


class FunctionTool(msgspec.Struct, frozen=True):
    """A tool; functions are the only kind."""

    function: Function
    type: Literal["function"] = "function"


class JsonSchema(msgspec.Struct, frozen=True):
    """A schema that the answer must fit."""

    schema: dict[str, Any]
    name: str = "answer"
    strict: bool | None = None


class ResponseFormat(msgspec.Struct, frozen=True):
    """`text`, any JSON object, or JSON of a schema."""

    type: Literal["text", "json_object", "json_schema"]
    json_schema: JsonSchema | None = None


class Writing(msgspec.Struct, frozen=True, kw_only=True):
    """What both ways of writing a text have."""

    model: str
    max_tokens: Positive | None = None
    temperature: Warmth | None = None
    top_p: Share | None = None
    stop: str | Annotated[list[str], msgspec.Meta(max_length=16)] | None = None
    frequency_penalty: Penalty | None = None
    presence_penalty: Penalty | None = None
    seed: Seed | None = None
    stream: bool = False
    stream_options: StreamOptions | None = None
    n: int | None = None
    logprobs: bool | int | None = None
    top_logprobs: int | None = None
    logit_bias: dict[str, float] | None = None

    def work(self) -> Generation:
        """What the model is to do."""
        raise NotImplementedError

    @property
    def stops(self) -> tuple[str, ...]:
        """The texts that end the answer."""
        said = [self.stop] if isinstance(self.stop, str) else self.stop or []
        return tuple(each for each in said if each)

    def check(self) -> None:
        """Invalid for what would change the answer and cannot be done."""
        if self.n not in (None, 1):
            raise Invalid("One answer is written at a time: leave n out, or call again", fields={"n": "only 1"})
        if self.logprobs is not None and self.logprobs is not False:
            raise Invalid("Log probabilities are not told here: leave logprobs out", fields={"logprobs": "leave out"})
        if self.top_logprobs is not None:
            raise Invalid("Log probabilities are not told here: leave top_logprobs out",
                          fields={"top_logprobs": "leave out"})  # fmt: skip
        if self.stream_options is not None and not self.stream:
            raise Invalid("stream_options goes with stream: send both or neither",
                          fields={"stream_options": "only with stream"})  # fmt: skip
        if self.logit_bias:
            raise Invalid("Tokens are not weighted here: leave logit_bias out", fields={"logit_bias": "leave out"})


class AskChat(Writing, frozen=True, kw_only=True):
    """A conversation to be answered."""

    messages: Annotated[list[Message], msgspec.Meta(min_length=1, max_length=2_000)]
    max_completion_tokens: Positive | None = None
    tools: Annotated[list[FunctionTool], msgspec.Meta(max_length=TOOLS_MAX)] | None = None
    tool_choice: str | dict[str, Any] | None = None
    parallel_tool_calls: bool | None = None
    response_format: ResponseFormat | None = None
    modalities: list[str] | None = None
    functions: list[dict[str, Any]] | None = None
    web_search_options: dict[str, Any] | None = None

    def check(self) -> None:
        """Invalid for what would change the answer and cannot be done."""
        super().check()
        if set(self.modalities or ()) - {"text"}:
            raise Invalid("Answers are text here: leave modalities out", fields={"modalities": "only text"})
        if self.functions:
            raise Invalid("Functions are given as tools: send tools and tool_choice", fields={"functions": "tools"})
        if self.web_search_options is not None:
            raise Invalid("Nobody searches the web here: leave web_search_options out",
                          fields={"web_search_options": "leave out"})  # fmt: skip
        for place, message in enumerate(self.messages):
            _check_message(message, place)
        for place, tool in enumerate(self.tools or ()):
            _check_schema(tool.function.parameters, f"tools[{place}].function.parameters")
        _check_schema(self._schema(), "response_format")
        if not self.tools and self._choice() not in ("auto", "none"):
            raise Invalid("tool_choice asks for a tool, and there are no tools", fields={"tool_choice": "add tools"})

    def work(self) -> Generation:
        """What the model is to do."""
        self.check()
        most = self.max_completion_tokens or self.max_tokens
        return Generation(
            output_tokens_max=most or OUTPUT_TOKENS_FIRST, may_shrink=most is None,
            messages=tuple(self.messages), temperature=self.temperature, top_p=self.top_p, stop=self.stops,
            seed=self.seed, schema=self._schema(), tools=self._tools(), tool_choice=self._choice(),
            one_call=self.parallel_tool_calls is False, frequency_penalty=self.frequency_penalty,
            presence_penalty=self.presence_penalty,
        )  # fmt: skip

    def _schema(self) -> dict[str, Any] | None:
        wish = self.response_format
        if wish is None or wish.type == "text":
            return None
        if wish.type == "json_object":
            return {"type": "object"}
        if wish.json_schema is None:
            raise Invalid("response_format json_schema needs a json_schema", fields={"response_format": "add it"})
        return wish.json_schema.schema

    def _tools(self) -> tuple[Tool, ...]:
        allowed = self._allowed()
        return tuple(
            Tool(each.function.name, each.function.description or "", each.function.parameters or NO_PARAMETERS)
            for each in self.tools or ()
            if allowed is None or each.function.name in allowed
        )

    def _choice(self) -> str:
        match self.tool_choice:
            case None:
                return "auto"
            case str() as choice if choice in ("auto", "none", "required"):
                return choice
            case {"type": "function", "function": {"name": str() as name}}:
                return name
            case {"type": "allowed_tools", "allowed_tools": {"mode": "auto" | "required" as mode}}:
                return str(mode)
        raise Invalid("tool_choice is auto, none, required, a function, or allowed_tools with a mode and tools",
                      fields={"tool_choice": "one of these"})  # fmt: skip

    def _allowed(self) -> set[str] | None:
        """The names of the tools that may be called; None for all. Invalid for one that is not among the tools."""
        match self.tool_choice:
            case {"type": "allowed_tools", "allowed_tools": {"tools": list() as tools}}:
                names = {_name_of(each) for each in tools}
            case _:
                return None
        missing = names - {each.function.name for each in self.tools or ()}
        if missing or not names:
            raise Invalid("allowed_tools names functions of tools, one at least",
                          fields={"tool_choice": "functions of tools"})  # fmt: skip
        return names


def _name_of(tool: object) -> str:
    """What a tool is called that is named in a choice; nothing for what is none."""
    match tool:
        case {"type": "function", "function": {"name": str() as name}}:
            return name
    return ""


def _check_schema(schema: dict[str, Any] | None, place: str) -> None:
    """Invalid, naming the place, for a schema that is none, is too large, or points elsewhere."""
    if schema is None:
        return
    try:
        Checker(schema)
    except Unable as problem:
        raise Invalid(str(problem), fields={place: str(problem)}) from problem


def _check_message(message: Message, place: int) -> None:
    """Invalid for a turn that lacks what turns of its role have: only the model may have said nothing."""
    lacks = "content" if message.content is None and message.role != "assistant" else None
    if message.role == "tool" and not message.tool_call_id:
        lacks = "tool_call_id"
    if lacks is not None:
        raise Invalid(f"A message of the role {message.role} has a {lacks}: add it",
                      fields={f"messages[{place}].{lacks}": "add it"})  # fmt: skip


class AskCompletion(Writing, frozen=True, kw_only=True):
    """A text to be continued."""

    prompt: Text | list[Any]
    echo: bool | None = None
    best_of: int | None = None
    suffix: str | None = None

    def work(self) -> Generation:
        """What the model is to do."""
        self.check()
        if self.echo:
            raise Invalid("The prompt is not sent back: leave echo out", fields={"echo": "leave out"})
        if self.best_of not in (None, 1):
            raise Invalid("One text is written at a time: leave best_of out", fields={"best_of": "only 1"})
        if self.suffix:
            raise Invalid("Texts are continued, not filled in: leave suffix out", fields={"suffix": "leave out"})
        return Generation(
            output_tokens_max=self.max_tokens or OUTPUT_TOKENS_FIRST, may_shrink=self.max_tokens is None,
            prompt=self._text(), stop=self.stops,
            temperature=self.temperature, top_p=self.top_p, seed=self.seed, frequency_penalty=self.frequency_penalty,
            presence_penalty=self.presence_penalty,
        )  # fmt: skip

    def _text(self) -> str:
        match self.prompt:
            case str() as text:
                return text
            case [str() as text] if len(text) <= TEXT_LENGTH_MAX:
                return text
        raise Invalid(
            "The prompt is one text, not several and no tokens: call again for others", fields={"prompt": "text"}
        )


class AskEmbeddings(msgspec.Struct, frozen=True):
    """Texts whose vectors are wanted. Tokens are refused: they would be those of another model's words."""

    model: str
    input: Text | Annotated[list[Text | int | list[int]], msgspec.Meta(min_length=1, max_length=INPUTS_MAX)]
    encoding_format: Literal["float", "base64"] = "float"
    dimensions: Positive | None = None

    @property
    def texts(self) -> list[str]:
        """The texts. Invalid for what are none, or have nothing in them."""
        given = self.input if isinstance(self.input, list) else [self.input]
        texts = [each for each in given if isinstance(each, str)]
        if len(texts) < len(given):
            raise Invalid(
                "Texts are embedded, and not tokens, of which each model has its own: send input as text",
                fields={"input": "text"},
            )
        if not all(texts):
            raise Invalid("An empty text has no vector: leave it out", fields={"input": "not empty"})
        return texts


class Document(msgspec.Struct, frozen=True):
    """A document with its text under a name, as some clients send it."""

    text: Text


class AskRerank(msgspec.Struct, frozen=True):
    """Documents to be ordered by how well they answer a query."""

    model: str
    query: Text
    documents: Annotated[list[Text | Document], msgspec.Meta(min_length=1, max_length=INPUTS_MAX)]
    top_n: Positive | None = None
    return_documents: bool = False

    @property
    def texts(self) -> list[str]:
        """The documents' texts."""
        return [each.text if isinstance(each, Document) else each for each in self.documents]


Asked = AskChat | AskCompletion | AskEmbeddings | AskRerank

PATHS: dict[str, type[Asked]] = {
    "/v1/chat/completions": AskChat,
    "/v1/completions": AskCompletion,
    "/v1/embeddings": AskEmbeddings,
    "/v1/rerank": AskRerank,
}
"""What is asked at each address."""
