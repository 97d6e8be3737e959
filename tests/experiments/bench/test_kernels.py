"""Kernels read from a program that is written by hand, and what the page says of them."""

import jax
import pytest

from experiments.bench import kernels, written
from experiments.bench.card import DESCRIBED, Card
from experiments.bench.cases import Case
from experiments.bench.hlo import Kernel, kernels_of_update, n_bytes

PROGRAM = """HloModule jit_by_hand, is_scheduled=true

%sum (x: f32[], y: f32[]) -> f32[] {
  %x = f32[] parameter(0)
  %y = f32[] parameter(1)
  ROOT %add = f32[] add(%x, %y)
}

%fused (p: f32[8,4]) -> (f32[4], f32[4]) {
  %p = f32[8,4]{1,0} parameter(0)
  %q.1 = f32[4]{0} reduce(%p), to_apply=%sum
  ROOT %tuple.9 = (f32[4]{0}, f32[4]{0}) tuple(%q.1, %q.1)
}

%sliced (r: f32[100,2], i: s32[]) -> f32[2] {
  %i = s32[] parameter(1)
  %r = f32[100,2]{1,0} parameter(0)
  ROOT %slice = f32[1,2]{1,0} dynamic-slice(%r, %i), dynamic_slice_sizes={1,2}
}

%whole (r.1: f32[100,2], i.1: s32[]) -> f32[100,2] {
  %r.1 = f32[100,2]{1,0} parameter(0)
  %i.1 = s32[] parameter(1)
  %slice.1 = f32[1,2]{1,0} dynamic-slice(%r.1, %i.1), dynamic_slice_sizes={1,2}
  ROOT %sum.1 = f32[100,2]{1,0} add(%r.1, %slice.1)
}

%product (x.2: f32[8,4], w.2: bf16[4,3]) -> f32[8,3] {
  %x.2 = f32[8,4]{1,0} parameter(0)
  %w.2 = bf16[4,3]{1,0} parameter(1)
  ROOT %dot = f32[8,3]{1,0} dot(%x.2, %w.2)
}

%recorded (q: f32[4]) -> f32[4] {
  %q = f32[4]{0} parameter(0)
  ROOT %copy.2 = f32[4]{0} copy(%q)
}

%short (t: (s32[])) -> (s32[]) {
  %t = (s32[]) parameter(0)
  %n = s32[] get-tuple-element(%t), index=0
  %next.1 = s32[] negate(%n)
  ROOT %out.1 = (s32[]) tuple(%next.1)
}

%update (state: (s32[], f32[8,4], bf16[4,3], /*index=3*/f32[4])) -> (s32[], f32[8,4]) {
  %state = (s32[], f32[8,4]{1,0}, bf16[4,3]{1,0}, /*index=3*/f32[4]{0}) parameter(0)
  %step = s32[] get-tuple-element(%state), index=0
  %x.1 = f32[8,4]{1,0} get-tuple-element(%state), index=1
  %w = bf16[4,3]{1,0} get-tuple-element(%state), index=2
  %one = s32[] constant(1)
  %both = (f32[4]{0}, /*index=1*/f32[4]{0}) fusion(%x.1), calls=%fused, metadata={op_name="f(%w)"}
  %left = f32[4]{0} get-tuple-element(%both), index=0
  %flat = f32[32]{0} bitcast(%x.1)
  %table = f32[100,2]{1,0} get-tuple-element(%state), index=4
  %part = f32[1,2]{1,0} fusion(%table, %step), kind=kLoop, calls=%sliced
  %all = f32[100,2]{1,0} fusion(%table, %step), kind=kLoop, calls=%whole
  %gemm = f32[8,3]{1,0} fusion(%x.1, %w), calls=%product, backend_config={"kind":"__triton_gemm"}
  %lib = (f32[8,3]{1,0}, s8[100]{0}) custom-call(%x.1, %w), custom_call_target="__cublas$gemm"
  %again = f32[4]{0} call(%left), to_apply=%recorded
  %copy-start = (f32[32]{0}, f32[32]{0}, u32[]) copy-start(%flat)
  %copy-done = f32[32]{0} copy-done(%copy-start)
  %next = s32[] add(%step, %one)
  ROOT %out = (s32[], f32[8,4]{1,0}) tuple(%next, %x.1)
}

ENTRY %main (a: s32[]) -> s32[] {
  %a = s32[] parameter(0)
  %loop.1 = (s32[]) while(%a), condition=%sum, body=%short
  %loop.2 = (s32[], f32[8,4]{1,0}) while(%a), condition=%sum, body=%update
  ROOT %end = s32[] get-tuple-element(%loop.2), index=0
}
"""
BOTH, GEMM, LIBRARY = 8 * 4 * 4 + 2 * 4 * 4, 8 * 4 * 4 + 4 * 3 * 2 + 8 * 3 * 4, 100
MOVED = [
    Kernel("both", BOTH),
    Kernel("part", 2 * 2 * 4 + 4),
    Kernel("all", 2 * 100 * 2 * 4 + 4),
    Kernel("gemm", GEMM, "Triton"),
    Kernel("lib", GEMM + LIBRARY, "library"),
    Kernel("copy.2", 2 * 4 * 4),
    Kernel("copy-start", 3 * 32 * 4 + 4),
    Kernel("next", 3 * 4),
]


def test_the_kernels_of_the_longest_loop_count_with_their_bytes() -> None:
    """Not names, constants and views; those that are recorded together count one by one."""
    assert kernels_of_update(PROGRAM) == MOVED


@pytest.mark.parametrize(
    ("shape", "expected"),
    [
        ("f32[10,5]{1,0}", 200),
        ("(pred[3]{0}, bf16[2]{0}, u64[])", 3 + 4 + 8),
        ("s4[3]{0}", 2),
        ("f8e4m3fn[7]", 7),
        ("f32[0,9]", 0),
        ("token[]", 0),
    ],
)
def test_bytes_of_a_shape(shape: str, expected: int) -> None:
    assert n_bytes(shape) == expected


def test_what_cannot_be_counted_is_refused() -> None:
    with pytest.raises(ValueError, match="expected one with a loop"):
        kernels_of_update(PROGRAM.split("ENTRY")[0])
    within = PROGRAM.replace("call(%left), to_apply=%recorded", "while(%left), body=%short")
    with pytest.raises(ValueError, match="again: expected no loop within"):
        kernels_of_update(within)


def test_the_page_says_what_it_counts_and_how_long_the_bytes_take() -> None:
    found = {Case(5, 2, 1000): {"ours": [Kernel("a", 3_000_000), *MOVED[3:5], Kernel("b", 0)]}}
    text = kernels.page(Card(DESCRIBED), found)
    moved = 3_000_000 + 2 * GEMM + LIBRARY
    us = moved / 3.35e6
    assert f"| 5→2 x 1,000 | ours | 4 | 1 Triton, 1 library | 3 | {us:.3f} |" in text
    assert "counts, and no times" in text and "at hand" in text
    assert "| 1 library | 3 | – |" in kernels.page(Card("another"), found).replace("1 Triton, ", "")


def test_another_word_and_a_jax_without_cuda_are_refused(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert kernels.main(["--wirte"]) == 2
    assert "experiments.bench.kernels" in capsys.readouterr().err
    monkeypatch.setattr(kernels, "card", lambda: None)
    monkeypatch.setattr(written.machine, "set_up", lambda: None)
    assert kernels.main([]) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1 and "make kernels" in error


def test_the_programs_that_are_counted_train_every_model() -> None:
    """An array of parameters of all models is among what comes out of each."""
    case = Case(3, 2, 4, batch_size=8)
    as_people_write = jax.numpy_rank_promotion("allow"), jax.debug_key_reuse(False)
    with as_people_write[0], as_people_write[1]:
        found = {
            name: {each.shape for each in jax.eval_shape(function, *arguments)}
            for name, (function, arguments) in kernels.programs(case).items()
        }
    assert [*found] == [kernels.ONE_SEED, kernels.SEED_EACH, kernels.PLAIN]
    assert (1, 4, 3, 2) in found[kernels.ONE_SEED]
    assert (4, 1, 3, 2) in found[kernels.SEED_EACH]
    assert (4, 3, 2) in found[kernels.PLAIN]
