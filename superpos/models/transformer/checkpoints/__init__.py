"""Language models from files: a Hugging Face checkpoint on disk, or a GGUF file."""

from pathlib import Path

from superpos.models.transformer.architecture import TransformerParams
from superpos.models.transformer.checkpoints import gguf_file, hugging_face
from superpos.models.transformer.checkpoints.gpt_neox_write import write as write
from superpos.models.transformer.transformer import Transformer


def read(path: str | Path) -> tuple[Transformer, TransformerParams]:
    """A pretrained transformer of Llama, GPT-2 or GPT-NeoX type.

    Args:
        path: a folder of Hugging Face's transformers (config.json and model.safetensors, or its
            shards with model.safetensors.index.json), or a file that ends in .gguf (Llama type,
            dequantised; needs `superpos[lm]`).

    Returns:
        The model and its parameters, float32.

    Raises:
        ArgumentError: a file is missing or damaged, the architecture is another or has something
            that is not here, an array is missing, left over, of another shape or not finite; one
            line.
    """
    path = Path(path)
    return (gguf_file if path.suffix == ".gguf" else hugging_face).read(path)
