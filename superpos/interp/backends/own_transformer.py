"""Superpos's own transformer as a back end, decoded greedily.

It runs the whole text again for each token. It shows that all parts fit together, without a
network; SmolLM2 of 135 million parameters is far too weak to explain what a latent stands for.
"""

import jax
import jax.numpy as jnp
import numpy as np

from superpos.interp.backends.protocol import Backend, BackendError, Completion, Message, Usage
from superpos.models.transformer import Tokeniser, Transformer, TransformerParams
from superpos.types import Array

START, END = "<|im_start|>", "<|im_end|>"
"""Around each message, as in ChatML."""
SHORTEST = 64
"""Texts are filled up to a power of 2 of tokens, at least this, so that few programs do."""


def own_transformer(
    *, name: str, model: Transformer, params: TransformerParams, tokeniser: Tokeniser
) -> Backend:
    """A transformer that `superpos.models.transformer.read` gives, with ChatML's template.

    Args:
        name: of the model.
        model: its functions.
        params: its parameters.
        tokeniser: as `read_tokeniser` gives it.

    Returns:
        A Backend. It raises BackendError where a conversation is longer than the model's context.
    """
    usage, longest = Usage(), model.architecture.n_positions

    @jax.jit
    def log_probabilities(params: TransformerParams, tokens: Array, last: Array) -> Array:
        return jax.nn.log_softmax(model.apply(params, tokens).logits[last])

    def complete(messages: list[Message], most: int, n_logprobs: int = 0) -> Completion:
        tokens = tokeniser.encode(_chat(messages)).tokens.tolist()
        end = tokeniser.encode(END).tokens.tolist()
        n_prompt, first = len(tokens), {}
        if n_prompt + most > longest:
            raise BackendError(
                f"{name}: {n_prompt} tokens and {most} to come, expected at most {longest}"
            )
        for _ in range(most):
            last = jnp.int32(len(tokens) - 1)
            logs = np.asarray(log_probabilities(params, _filled(tokens, longest), last))
            if len(tokens) == n_prompt:
                ranked = np.argsort(logs)[logs.size - n_logprobs :]  # the likeliest last
                first = {tokeniser.decode([n]): float(logs[n]) for n in ranked}
            tokens.append(int(logs.argmax()))
            if tokens[-len(end) :] == end:
                break
        usage.requests += 1
        usage.tokens += len(tokens)
        text = tokeniser.decode(tokens[n_prompt:]).removesuffix(END)
        return Completion(text, first)

    return Backend(name, complete, usage)


def _chat(messages: list[Message]) -> str:
    said = [f"{START}{message.role}\n{message.content}{END}\n" for message in messages]
    return "".join(said) + f"{START}assistant\n"


def _filled(tokens: list[int], longest: int) -> Array:
    """Tokens and as many 0 after them, which no token before them sees, as make a power of 2."""
    length = min(max(SHORTEST, 1 << (len(tokens) - 1).bit_length()), longest)
    return jnp.asarray(tokens + [0] * (length - len(tokens)), jnp.int32)
