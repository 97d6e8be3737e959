"""Agents in PyTorch, one after the other, as one would write it for one of them.

    python agents_torch.py SETTING

SETTING is JSON: the fields of `agents_sides.Setting`. It prints JSON: the seconds of a run, how
many agents it trained, and their mean returns over it. It imports nothing of superpos, as PyTorch
lives in an environment of its own.
"""

# pyright: reportMissingImports=false

import json
import sys
import time
from typing import Any

import torch

WORK, INVEST, SHUT_DOWN = range(3)
N_AGENTS = 2


def network(n_features: int, n_hidden: int, n_outputs: int) -> torch.nn.Module:
    """A layer of tanh units."""
    return torch.nn.Sequential(
        torch.nn.Linear(n_features, n_hidden), torch.nn.Tanh(), torch.nn.Linear(n_hidden, n_outputs)
    )


def play(policy: torch.nn.Module, of: dict[str, Any], allowed: float, growth: float) -> Any:
    """A batch of episodes: observations, actions, log-probabilities, rewards, and which are on."""
    n, T = of["batch_size"], of["n_epochs"]
    capital, alive = torch.zeros(n), torch.ones(n)
    found = []
    for epoch in range(T):
        clock = torch.nn.functional.one_hot(torch.full((n,), epoch), T)
        seen = torch.cat([clock, capital[:, None] / T], dim=1)
        law = torch.distributions.Categorical(logits=policy(seen))
        action = law.sample()
        on = alive * (action != SHUT_DOWN)
        earned = (action == WORK) * (1 + growth * capital)
        reward = on * (earned if epoch < allowed else -of["penalty"])
        found.append((seen, action, law.log_prob(action), reward, alive))
        capital = capital + (action == INVEST)
        alive = on
    return [torch.stack(each, dim=1) for each in zip(*found, strict=True)]


def train(of: dict[str, Any], allowed: float, growth: float) -> float:
    """One agent, with the clipped surrogate; its mean return over all episodes."""
    n_features = of["n_epochs"] + 1
    policy, value = network(n_features, of["n_hidden"], 3), network(n_features, of["n_hidden"], 1)
    parameters = [*policy.parameters(), *value.parameters()]
    optimizer = torch.optim.Adam(parameters, lr=of["learning_rate"])
    returns = []
    for _ in range(of["n_draws"]):
        with torch.no_grad():
            seen, action, old, reward, alive = play(policy, of, allowed, growth)
            target = reward.flip(1).cumsum(1).flip(1)
            on = alive > 0
            advantage = target - value(seen)[..., 0]
            advantage = (advantage - advantage[on].mean()) / (advantage[on].std() + 1e-8)
            returns.append(reward.sum(1).mean())
        for _ in range(of["updates_per_draw"]):
            law = torch.distributions.Categorical(logits=policy(seen))
            ratio = (law.log_prob(action) - old).exp()
            gain = torch.minimum(ratio * advantage, ratio.clamp(0.8, 1.2) * advantage)
            error = (value(seen)[..., 0] - target).square()
            loss = (0.5 * error - gain - of["bonus"][0] * law.entropy())[on].mean()
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            optimizer.step()
    return float(torch.stack(returns).mean())


def main() -> None:
    """Train some agents once without a clock, and once with."""
    of = json.loads(sys.argv[1])
    torch.set_num_threads(1)  # more are slower, for networks of this size
    chosen = [of["allowed"][at] for at in (0, -1)][:N_AGENTS]
    train(of, chosen[0], of["growth"][-1])
    begun = time.perf_counter()
    returns = [train(of, each, of["growth"][-1]) for each in chosen]
    seconds = time.perf_counter() - begun
    answer = {"seconds": seconds, "n_agents": len(chosen), "returns": returns}
    print(json.dumps(answer))


if __name__ == "__main__":
    main()
