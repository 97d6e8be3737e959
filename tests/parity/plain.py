"""SAELens' losses written anew in plain PyTorch, from the formulas of the papers.

A second implementation of each frozen case, so that what is frozen does not hang on one reading:
its code, reconstruction, loss and gradients are compared with SAELens' in the same run.
"""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import relu

from tests.parity.cases import Case
from tests.parity.inputs import Arrays

Params = Mapping[str, Tensor]
Loss = tuple[Tensor, Tensor, Tensor]
"""Code, reconstruction, and the sum that is minimised."""


def record(case: Case, frozen: Arrays, x: np.ndarray) -> Arrays:
    """Code, reconstruction, loss and gradients at the parameters of a record."""
    params = {
        name.removeprefix("params/"): torch.tensor(value, requires_grad=True)
        for name, value in frozen.items()
        if name.startswith("params/")
    }
    dead = torch.tensor(frozen["since_fired"] > 0)
    code, recon, loss = LOSSES[case.architecture](params, case.settings, torch.tensor(x), dead)
    loss.backward()
    found = {"code": code, "recon": recon, "loss": loss}
    grads = {f"grads/{name}": each.grad for name, each in params.items()}
    return {name: each.detach().numpy() for name, each in (found | grads).items()}


def _relu(p: Params, settings: Mapping[str, Any], x: Tensor, _: Tensor) -> Loss:
    shift, scale, eps = _normalisation(settings.get("normalize_activations"), x)
    centred = (x - shift) / (scale + eps) - p["b_dec"] * settings.get("apply_b_dec_to_input", True)
    code = relu(centred @ p["W_enc"] + p["b_enc"])
    recon = (code @ p["W_dec"] + p["b_dec"]) * scale + shift
    weighted = code * _norms(p)
    penalty = weighted.pow(settings.get("lp_norm", 1.0)).sum(-1) ** (
        1 / settings.get("lp_norm", 1.0)
    )
    return code, recon, _mse(x, recon) + settings["l1_coefficient"] * penalty.mean()


def _normalisation(kind: str | None, x: Tensor) -> tuple[Tensor, Tensor, float]:
    """What is subtracted before the encoder, and divided by; the last on the way in alone."""
    if kind == "layer_norm":
        mean = x.mean(-1, keepdim=True)
        return mean, (x - mean).std(-1, keepdim=True), 1e-5
    if kind == "constant_norm_rescale":
        return torch.zeros(1), x.norm(dim=-1, keepdim=True) / x.shape[-1] ** 0.5, 0.0
    return torch.zeros(1), torch.ones(1), 0.0


def _gated(p: Params, settings: Mapping[str, Any], x: Tensor, _: Tensor) -> Loss:
    shared = (x - p["b_dec"]) @ p["W_enc"]
    gate = relu(shared + p["b_gate"])
    code = (gate > 0) * relu(shared * p["r_mag"].exp() + p["b_mag"])
    recon = code @ p["W_dec"] + p["b_dec"]
    penalty = settings["l1_coefficient"] * (gate * _norms(p)).sum(-1).mean()
    return code, recon, _mse(x, recon) + penalty + _mse(x, gate @ p["W_dec"] + p["b_dec"])


def _topk(p: Params, settings: Mapping[str, Any], x: Tensor, dead: Tensor) -> Loss:
    def select(pre: Tensor) -> Tensor:
        return relu(pre) * _largest(pre, settings["k"])

    return _selected(p, settings, x, dead, select, lambda pre: pre)


def _abs_topk(p: Params, settings: Mapping[str, Any], x: Tensor, dead: Tensor) -> Loss:
    def select(pre: Tensor) -> Tensor:
        return pre * _largest(pre.abs(), settings["k"])

    return _selected(p, settings, x, dead, select, torch.abs)


def _batch_topk(p: Params, settings: Mapping[str, Any], x: Tensor, dead: Tensor) -> Loss:
    def select(pre: Tensor) -> Tensor:
        positive = relu(pre)
        kept = _largest(positive.flatten(), int(settings["k"] * len(x)))
        return positive * kept.reshape(pre.shape)

    return _selected(p, settings, x, dead, select, lambda pre: pre)


def _selected(
    p: Params,
    settings: Mapping[str, Any],
    x: Tensor,
    dead: Tensor,
    select: Callable[[Tensor], Tensor],
    rank: Callable[[Tensor], Tensor],
) -> Loss:
    """The TopK family: what differs is what is kept, and by what dead latents are ranked."""
    norms = _norms(p) if settings.get("rescale_acts_by_decoder_norm", True) else torch.ones(())
    pre = ((x - p["b_dec"]) @ p["W_enc"] + p["b_enc"]) * norms
    code = select(pre)
    W_dec = p["W_dec"] / norms.unsqueeze(-1) if norms.ndim else p["W_dec"]
    loss, recon = torch.zeros(()), p["b_dec"].expand(x.shape)
    by_level = settings.get("use_matryoshka_aux_loss", False)
    coefficient = settings.get("aux_loss_coefficient", 1.0)
    start = 0
    for stop in settings.get("matryoshka_widths", [code.shape[1]]):
        level = slice(start, stop)
        recon = recon + code[:, level] @ W_dec[level]
        loss = loss + _mse(x, recon)
        if by_level:
            auxiliary = _auxk(x - recon, pre[:, level], dead[level], W_dec[level], rank)
            loss = loss + coefficient * auxiliary
        start = stop
    if not by_level:
        loss = loss + coefficient * _auxk(x - recon, pre, dead, W_dec, rank)
    return code, recon, loss


def _auxk(
    residual: Tensor, pre: Tensor, dead: Tensor, W_dec: Tensor, rank: Callable[[Tensor], Tensor]
) -> Tensor:
    """The dead latents with the largest pre-activations reconstruct what is left."""
    n_dead, most = int(dead.sum()), residual.shape[1] // 2
    if n_dead == 0:
        return torch.zeros(())
    ranked = torch.where(dead, rank(pre), -torch.inf)
    code = pre * _largest(ranked, min(most, n_dead))
    return min(n_dead / most, 1.0) * _mse(residual.detach(), code @ W_dec)


def _jumprelu(p: Params, settings: Mapping[str, Any], x: Tensor, dead: Tensor) -> Loss:
    pre = (x - p["b_dec"]) @ p["W_enc"] + p["b_enc"]
    width = settings["jumprelu_bandwidth"]
    theta, passes = p["threshold"], settings.get("jumprelu_ste_to_input", False)
    on = (pre > theta).float()
    # A function with the value of the step whose slope is that of a ramp of this width.
    near = ((pre - theta).abs() < width / 2).float().detach()
    ramp = near * ((pre if passes else pre.detach()) - theta) / width
    step = on + ramp - ramp.detach()
    slope = theta.detach() * (ramp - ramp.detach())
    code = pre * on + slope
    recon = code @ p["W_dec"] + p["b_dec"]
    penalty = {
        "step": lambda: step.sum(-1),
        "quadratic": lambda: (
            2 / settings["target_l0"] * (step.sum(-1) - settings["target_l0"]) ** 2
        ),
        "tanh": lambda: torch.tanh(4.0 * code * _norms(p)).sum(-1),
    }[settings.get("jumprelu_sparsity_loss_mode", "step")]()
    silent = (relu(theta - pre) * dead * _norms(p)).sum(-1)
    loss = _mse(x, recon) + settings["l0_coefficient"] * penalty.mean()
    return code, recon, loss + settings.get("pre_act_loss_coefficient", 0.0) * silent.mean()


def _matching_pursuit(p: Params, settings: Mapping[str, Any], x: Tensor, _: Tensor) -> Loss:
    codes = [_pursue(each - p["b_dec"], p["W_dec"], settings) for each in x]
    code = torch.stack(codes)
    recon = code @ p["W_dec"] + p["b_dec"]
    return code, recon, _mse(x, recon)


def _pursue(residual: Tensor, W_dec: Tensor, settings: Mapping[str, Any]) -> Tensor:
    """Of one example: the best row again and again, until the support or the residual is done."""
    code, support = torch.zeros(len(W_dec)), set()
    for _ in range(settings["max_iterations"]):
        best = int(torch.argmax(relu(W_dec @ residual).detach()))
        value = relu(W_dec[best] @ residual)
        code = code + value * torch.eye(len(W_dec))[best]
        residual = residual - value * W_dec[best]
        now = set(torch.nonzero(code).flatten().tolist())
        same = settings["stop_on_duplicate_support"] and now == support
        if same or float(residual.norm()) < settings["residual_threshold"]:
            break
        support = now
    return code


def _largest(values: Tensor, k: int) -> Tensor:
    """1 where a value is among the k largest of its row."""
    mask = torch.zeros_like(values)
    return mask.scatter(-1, values.topk(k, dim=-1).indices, 1.0)


def _norms(p: Params) -> Tensor:
    return p["W_dec"].norm(dim=1)


def _mse(x: Tensor, recon: Tensor) -> Tensor:
    return (x - recon).pow(2).sum(-1).mean()


LOSSES: dict[str, Callable[[Params, Mapping[str, Any], Tensor, Tensor], Loss]] = {
    "relu": _relu,
    "gated": _gated,
    "topk": _topk,
    "abs_topk": _abs_topk,
    "batch_topk": _batch_topk,
    "matryoshka": _batch_topk,
    "jumprelu": _jumprelu,
    "matching_pursuit": _matching_pursuit,
}
