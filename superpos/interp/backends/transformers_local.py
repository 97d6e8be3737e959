"""A language model on disk, run by Hugging Face's transformers and PyTorch.

Nothing is downloaded, no code of a checkpoint is run, and only safetensors are read.
"""

from pathlib import Path
from typing import Any

from superpos.arguments import ArgumentError, factory
from superpos.interp.backends.protocol import Backend, Completion, Message, Usage


@factory
def transformers_local(*, path: str, device: str = "cpu") -> Backend:
    """A causal language model of transformers, decoded greedily.

    Args:
        path: a folder with config.json, safetensors and a tokeniser. Needs
            `pip install 'superpos[transformers]'`.
        device: of PyTorch, such as "cpu" or "cuda".

    Returns:
        A Backend. Messages go through the chat template of the tokeniser; without one, they are
        put one below another.

    Raises:
        ArgumentError: a package is not installed, or the folder holds no such model; one line.
    """
    try:
        import torch  # pyright: ignore[reportMissingImports]
        import transformers  # pyright: ignore[reportMissingImports]
    except ImportError:
        raise ArgumentError(
            f"{path}: needs transformers; pip install 'superpos[transformers]'"
        ) from None
    if not Path(path).is_dir():
        raise ArgumentError(f"path={path}: expected a folder")
    kept: Any = {"local_files_only": True, "trust_remote_code": False}
    try:
        tokeniser = transformers.AutoTokenizer.from_pretrained(path, **kept)
        model: Any = transformers.AutoModelForCausalLM.from_pretrained(
            path, use_safetensors=True, **kept
        )
        model = model.to(device)
    except Exception as error:  # the packages have no narrower class
        first = str(error).strip().splitlines()[:1]
        raise ArgumentError(f"path={path}: expected a causal language model; {first}") from None
    usage = Usage()

    def complete(messages: list[Message], most: int, n_logprobs: int = 0) -> Completion:
        tokens = _tokens(tokeniser, messages).to(device)
        with torch.inference_mode():
            answered = model.generate(
                tokens,
                attention_mask=torch.ones_like(tokens),
                max_new_tokens=most,
                do_sample=False,
                num_beams=1,
                output_logits=True,
                return_dict_in_generate=True,
                pad_token_id=tokeniser.eos_token_id,
            )
            ranked = answered.logits[0][0].float().log_softmax(-1).topk(n_logprobs)
        new = answered.sequences[0, tokens.shape[1] :]
        usage.requests += 1
        usage.tokens += int(answered.sequences.shape[1])
        numbers, logs = (each.tolist()[::-1] for each in (ranked.indices, ranked.values))
        first = {tokeniser.decode([n]): log for n, log in zip(numbers, logs, strict=True)}
        return Completion(tokeniser.decode(new, skip_special_tokens=True), first)

    return Backend(Path(path).name, complete, usage)


def _tokens(tokeniser: Any, messages: list[Message]) -> Any:
    """A conversation as tokens, (1, n)."""
    if tokeniser.chat_template is None:
        text = "\n\n".join(message.content for message in messages) + "\n\n"
        return tokeniser(text, return_tensors="pt")["input_ids"]
    said = [message._asdict() for message in messages]
    encoded = tokeniser.apply_chat_template(
        said, add_generation_prompt=True, return_tensors="pt", return_dict=True
    )
    return encoded["input_ids"]
