"""Words of a command line that are refused, with how the line of each problem starts.

The catalogue is section 5 of the project's notes on reliability.
"""

from experiments.registry import REGISTRY
from tests.faults.bad_inputs.rows import Row

COUNT = "expected an integer in [1, 2147483647]"
COUNT_OR_ZERO = "expected an integer in [0, 2147483647]"
SEED = "expected an integer in [0, 4294967295]"
DENSITY = "expected a number in (0, 1]"
POSITIVE = "expected a number in (0, inf)"
AGENTS = "data=rollouts;model=actor_critic;evaluations=behaviour;objective=evaluated_return"
SOURCES = ", ".join(REGISTRY["data"])


def case(words: str, *lines: str) -> Row:
    """A command line, a word per `;`, and how each line of the complaint starts."""
    return Row(words, words.split(";"), tuple((line, "") for line in lines), 2)


VALUES = [
    # The probability that a feature is there.
    case("data.density=0", f"data.density=0: {DENSITY}"),
    case("data.density=-0.1", f"data.density=-0.1: {DENSITY}"),
    case("data.density=1.5", f"data.density=1.5: {DENSITY}"),
    case("data.density=nan", f"data.density=nan: {DENSITY}"),
    case("data.density=abc", f"data.density='abc': {DENSITY}"),
    case("data.density=", f"data.density='': {DENSITY}"),
    case("data.density={a:1}", "data.density={'a': 1}: " + DENSITY),
    # Learning rate and the rest of the optimiser.
    case("optim.learning_rate=nan", f"optim.learning_rate=nan: {POSITIVE}"),
    case("optim.learning_rate=inf", f"optim.learning_rate=inf: {POSITIVE}"),
    case("optim.learning_rate=0", f"optim.learning_rate=0: {POSITIVE}"),
    case("optim.learning_rate=-0.01", f"optim.learning_rate=-0.01: {POSITIVE}"),
    case("optim.learning_rate=abc", f"optim.learning_rate='abc': {POSITIVE}"),
    case("optim.b1=1", "optim.b1=1: expected a number in [0, 1)"),
    case("optim.eps=0", f"optim.eps=0: {POSITIVE}"),
    case("optim.schedule=3", "optim.schedule=3: expected a component with a kind"),
    # Sizes.
    case("model.n_hidden=0", f"model.n_hidden=0: {COUNT}"),
    case("model.n_hidden=5.0", f"model.n_hidden=5.0: {COUNT}"),
    case("model.n_hidden=true", f"model.n_hidden=True: {COUNT}"),
    case("model.n_hidden=-1", f"model.n_hidden=-1: {COUNT}"),
    case("model.n_hidden='5'", f"model.n_hidden='5': {COUNT}"),
    case(f"model.n_hidden={10**30}", f"model.n_hidden={10**30}: {COUNT}"),
    case(
        "model.activation=rele",
        "model.activation='rele': expected one of relu, linear, gelu; did you",
    ),
    case("model.importance_decay=-0.5", f"model.importance_decay=-0.5: {POSITIVE}"),
    case(
        "model.error.importance=[1,1,1,1,-1]",
        "model.error.importance.4=-1: expected a number in [0, inf)",
    ),
    case(
        "model.error.importance={1:1}", "model.error.importance={1: 1}: expected a list of numbers"
    ),
    # Length of a run.
    case("fit.n_steps=1e4", "fit.n_steps=10000.0: expected an integer"),
    case("fit.n_steps=-1", f"fit.n_steps=-1: {COUNT_OR_ZERO}"),
    case(f"fit.n_steps={2**31}", f"fit.n_steps={2**31}: {COUNT_OR_ZERO}"),
    case("fit.batch_size=0", f"fit.batch_size=0: {COUNT}"),
    case("fit.batch_size=1.5", "fit.batch_size=1.5: expected an integer"),
    case("fit.log_every=7", "fit.log_every=7: expected a divisor of n_steps=10000"),
    case("fit.log_every=0", f"fit.log_every=0: {COUNT}"),
    case("fit.log_every=null", "fit.log_every=None: expected an integer"),
    case("evaluations.loss.batch_size=0", f"evaluations.loss.batch_size=0: {COUNT}"),
    case("evaluations.loss.n_batches=1", "evaluations.loss.n_batches=1: expected an integer in [2"),
    case("+evaluations.loss.common=1", "evaluations.loss.common=1: expected true"),
    # Seeds.
    case("seed=-1", f"seed=-1: {SEED}"),
    case(f"seed={2**32}", f"seed={2**32}: {SEED}"),
    case("seed=1.5", f"seed=1.5: {SEED}"),
    case("seed=abc", f"seed='abc': {SEED}"),
    # The engine.
    case("engine.chunk=0", "engine.chunk=0: expected an integer in [1, 4000000]"),
    case("engine.n_devices=0", "engine.n_devices=0: expected an integer in [1, 2147483647]"),
    case("engine.measure_width=1", "engine.measure_width=1: expected true"),
    case("engine.memory_fraction=2", f"engine.memory_fraction=2: {DENSITY}"),
    case(
        "engine.checkpoint_seconds=-1",
        "engine.checkpoint_seconds=-1: expected a number in [0, inf)",
    ),
    case("engine.kernel=palas", "engine.kernel='palas': expected one of xla, pallas; did you mean"),
    case("engine.matmul_precision=abc", "engine.matmul_precision='abc': expected"),
    case("engine.allow_numerics_change=1", "engine.allow_numerics_change=1: expected true"),
]
"""Each is told whatever else is wrong."""
TOGETHER = [
    case("schedule=linear;schedule.final=2", "optim.schedule.final=2: expected a number in [0, 1]"),
    case(
        "schedule=cosine;schedule.warmup_steps=10000",
        "optim.schedule.warmup_steps=10000: expected fewer than n_steps=10000",
    ),
    case("model=sae_topk;model.k=17", "model.k=17: expected at most the 16 latents in use"),
    case("model=sae_topk;model.width=2.5;model.k=3", "model.k=3: expected at most the 2.5 laten"),
    case(
        "model=sae_relu;+tuner@model.tuner=l0_tuner;model.tuner.target=17",
        "model.tuner.target=17: expected at most the 16 latents in use",
    ),
    case("model.width=3", "model.width=3: expected at most n_hidden=2"),
    case("model.n_used=6", "model.n_used=6: expected at most n_features=5"),
    case("data.n_used=6", "data.n_used=6: expected at most n_features=5"),
    case(
        "model.width=1;init@model.init=rotated",
        "model.init: expected glorot, he, notebook, unit, normal_bias or fan_in_uniform beside",
    ),
    case("data.n_active=6", "data.n_active=6: expected densities of at most 1; the largest is 1.2"),
    case("data=finite;data.repeats=1001", "data.repeats=1001: expected at most n_samples=1000"),
    case("model.n_features=3", "model.n_features=3: expected data.n_features=5"),
    case(
        "model.importance_decay=1e30",
        "model.importance_decay=1e+30: expected importance_decay**(n_features - 1) within float32",
    ),
    case(
        "model.error.importance=[0,0,0,0,0]",
        "model.error.importance: all zero, expected at least one",
    ),
    case(
        "model.error.importance=[1,1]", "model.error.importance has 2 values: expected n_features=5"
    ),
    case(
        "init@model.init=polygon;model.n_hidden=3", "model.init=polygon: expected n_hidden=2, not 3"
    ),
    case(
        "init@model.init=rescaled", "model.init=rescaled: expected a model with the parameters W_in"
    ),
    case("model=computation;init@model.init=rotated", "model.init=rotated: expected a model with"),
    case(
        "model=computation;evaluations=loss;+regulariser@model.regularisers=attack",
        "regularisers.attack: expected a model with tied weights W",
    ),
    case(
        "engine.kernel=pallas;fit.batch_size=100",
        "engine.kernel=pallas: expected fit.batch_size a power of two, not 100",
    ),
    case(
        "engine.kernel=pallas;engine.rng=threefry",
        "engine.kernel=pallas: expected engine.rng=threefry13",
    ),
    case("dims.W=[a]", "dims.W=[a]: unknown key; models and evaluations name the dimensions"),
    case("probe.batch_size=8", "probe.batch_size=8: unknown key; it is evaluations now"),
    case("probe=loss", "probe=loss: unknown key; it is evaluations now"),
]
"""What is told once each value is right by itself."""
UNKNOWN = [
    case("data.densty=0.5", "data.densty=0.5: unknown key; did you mean data.density?"),
    case("model.n_hiden=3", "model.n_hiden=3: unknown key; did you mean model.n_hidden?"),
    case("lrr=3", "lrr=3: unknown key"),
    case("+foo=1", "foo: unknown key"),
    case(
        "+model.n_hiden=3",
        "model.n_hiden: unknown, model autoencoder takes n_features, n_hidden, n_used, width,",
    ),
    case("+engine.foo=1", "engine.foo: unknown"),
    case("+fit.n_stepz=3", "fit.n_stepz: unknown; did you mean n_steps?"),
    case(
        "+data._target_=os.system",
        "data._target_: unknown, data sparse_uniform takes n_features, n_used, density",
    ),
    case("+analysis._target_=os.system", "analysis._target_: unknown, analysis train"),
    case("data.kind=dense", f"data.kind='dense': expected one of {SOURCES}"),
    case("data.kind=[]", f"data.kind=[]: expected one of {SOURCES}"),
    case(
        "optim=adamm",
        f"optim=adamm: expected one of {', '.join(REGISTRY['optim'])}; did you mean adam?",
    ),
    case(
        "init@model.init=glorott",
        f"init@model.init=glorott: expected one of {', '.join(REGISTRY['init'])}; did you mean"
        " glorot?",
    ),
    case(
        "+regulariser@model.regularisers=[noise,nois]",
        "+regulariser@model.regularisers=[noise,nois]: expected one of attack, l1_code, l1_weights",
    ),
    case(
        "+model.regularisers.nois.noise_scale=1",
        "model.regularisers.nois: unknown, expected one of attack, l1_code, l1_weights, noise,",
    ),
    case(
        "+model.regularisers.noise.noise_scale=-1",
        "model.regularisers.noise.noise_scale=-1: expected a number in [0, inf)",
    ),
    case(
        "model.regularisers=noise", "model.regularisers='noise': expected arguments for each kind"
    ),
    case("schedule=step", "schedule=step: expected one of constant, cosine, linear"),
    case("analysis.kind=elhage/intr", "analysis.kind='elhage/intr': expected one of train, "),
    case("~data.densty", "'~data.densty': Could not delete from config"),
    case("~engine", "engine: missing"),
    case("engine=null", "engine=None: expected kernel, rng, chunk, "),
    case("data=null", f"data=null: expected one of {SOURCES}"),
    case("sweep=[1]", "sweep=[1]: expected one of default"),
    case("variants=abc", "variants='abc': expected a name and changes for each variant"),
    case("data.density", "data.density: missing EQUAL"),
    case("data.density=[1", "data.density=[1: no viable alternative at input"),
    case("data.density=${foo}", "'data.density=${foo}': Interpolation key 'foo' not found"),
    case("+data.density=1", "+data.density=1: Could not append to config"),
]
AXES = [
    case("sweep.data.density=[]", "sweep.data.density=[]: empty axis, expected one or more values"),
    case("sweep.seed={range:0}", "sweep.seed=[{'range': 0}]: empty axis, expected one"),
    case("sweep.seed={range:1.5}", "sweep.seed.range=1.5: expected one to three integers"),
    case("sweep.seed={rnge:3}", "sweep.seed.rnge: unknown"),
    case("sweep.data.density=0.5", "sweep.data.density=0.5: expected a list or a generator"),
    case("sweep.data.density=[0.5,2]", f"sweep.data.density=2: {DENSITY}"),
    case("sweep.data.density=[0.5,0.5]", "sweep.data.density: [0.5] appears twice, expected"),
    case(
        "sweep.data.density={linspace:[0,1]}",
        "sweep.data.density.linspace=[0, 1]: expected [start, stop, num] with an integer num >= 0",
    ),
    case("sweep.data.density={linspace:[0,1,3]}", f"sweep.data.density=0.0: {DENSITY}"),
    case(
        "sweep.data.density={logspace:[0,1,3]}",
        "sweep.data.density.logspace=[0, 1, 3]: expected [start",
    ),
    case("sweep.seed=[-1]", f"sweep.seed=-1: {SEED}"),
    case("sweep.seed=[1.0]", f"sweep.seed=1.0: {SEED}"),
    case("sweep.data.densty=[1]", "sweep.data.densty: unknown; did you mean density?"),
    case("+sweep.data.densty=[1]", "sweep.data.densty: unknown; did you mean density?"),
    case("+sweep.foo=[1]", "sweep.foo: unknown, expected seed or a key of the config"),
    case(
        "+sweep.model.error.importance.2=[1]",
        "sweep.model.error.importance.2: model.error.importance has no element 2",
    ),
    case(
        "+sweep.model.regularisers.noise.noise_scale=[0.1]",
        "sweep.model.regularisers.noise.noise_scale: unknown, expected seed or a key of the config",
    ),
    case(
        "zipped=[[data.density,optim.learning_rate]];sweep.data.density=[0.1,0.2]"
        ";sweep.optim.learning_rate=[0.1,0.2,0.3]",
        "zipped axes: expected the same length, data.density has 2, optim.learning_rate has 3",
    ),
    case(
        "zipped=[[data.density,optim.eps]]",
        "zipped=['data.density', 'optim.eps']: expected names of axes, each in one group",
    ),
    case(
        "zipped=[data.density];sweep.data.density=[0.1,0.2]",
        "zipped=['data.density']: expected lists of axes, such as",
    ),
    case("zipped=null", "zipped=None: expected lists of axes, such as"),
    case("sweep.data.density=[0.1,null]", f"sweep.data.density=None: {DENSITY}"),
    case("sweep.seed=[true]", f"sweep.seed=True: {SEED}"),
    case("sweep.seed={range:[0,10,0]}", "sweep.seed.range=[0, 10, 0]: expected one to three int"),
    case("sweep.seed={range:10000000000}", "sweep.seed.range=10000000000: expected at most 4,000"),
    case(
        "sweep.data.density={linspace:[0.1,1,1e12]}",
        "sweep.data.density.linspace=[0.1, 1, 1000000000000.0]: expected [start, stop, num]",
    ),
    case(
        "sweep.data.density={linspace:[0.1,1,2000000]};sweep.seed={range:2000000}",
        "sweep: 4,000,000,000,000 members, expected at most 4,000,000 in one sweep",
    ),
    case(
        "sweep.data.density={logspace:[1,inf,3]}",
        "sweep.data.density.logspace=[1, inf, 3]: expected [start, stop, num]",
    ),
    case("sweep.seed={choice:[]}", "sweep.seed=[{'choice': []}]: empty axis, expected one or more"),
    case(
        "sweep.data.density=[0.1,0.1000000001]",
        "sweep.data.density: [0.1, 0.1000000001] is one number in float32 and appears twice",
    ),
]
STATIC = [
    case("+sweep.model.n_hidden=[2,0]", f"sweep.model.n_hidden=0: {COUNT}"),
    case("+sweep.model.n_hidden=[2,2]", "sweep.model.n_hidden: [2] appears twice, expected"),
    case("+sweep.model=[autoencoder,mlp]", "sweep.model: expected one of its numbers, as +sweep."),
    case("evaluations.loss.every=3", "evaluations.loss.every=3: unknown key; where evaluations."),
    case("+sweep.model.n_hiden=[2]", "sweep.model.n_hiden: unknown; did you mean n_hidden?"),
    case("+sweep.model.activation=[rele]", "sweep.model.activation='rele': expected one of relu"),
    case(
        "+sweep.model.error.importance=[[1,2]]",
        "sweep.model.error.importance=[1, 2]: expected a number",
    ),
    case("+sweep.optim.kind=[adam,adamm]", "sweep.optim.kind='adamm': expected one of adam, "),
    case("+sweep.optim.kind=[adam,sgld]", "optim.inverse_temperature: missing"),
    case("+sweep.optim.kind=[adam,sgd];+sweep.optim.b1=[0.9]", "sweep.optim.b1: unknown"),
    case("+sweep.fit.n_steps=[2000,7]", "fit.log_every=1000: expected a divisor of n_steps=7"),
    case("+sweep.fit.n_stepz=[1]", "sweep.fit.n_stepz: unknown; did you mean n_steps?"),
    case("+sweep.model.n_features=[5,10]", "sweep.model.n_features=10: expected data.n_features=5"),
    case("+sweep.model.n_hidden={range:[1,300]}", "sweep: more than 256 programs, one for each"),
    case("sweep.schedule.final=[0.1]", "sweep.schedule.final: unknown, expected seed or a key"),
    case("+sweep.engine.rng=[threefry]", "sweep.engine.rng: unknown, expected seed or a key"),
    case(
        "+sweep.model.n_hidden=[2,0,3];sweep.data.density=[0.5,2]",
        f"sweep.data.density=2: {DENSITY}",
        f"sweep.model.n_hidden=0: {COUNT}",
    ),
]
TABLES = [
    case("points=3", "points=3: expected a list of rows"),
    case("points=[3]", "points.0=3: expected each key once"),
    case("points=[{}]", "points.0={}: expected each key once"),
    case("points=[{seed:1},{}]", "points.1={}: expected each key once"),
    case(
        "points=[{seed:1,data.density:0.5},{seed:2}]",
        "points.1.data.density: missing, expected as in the rows above",
    ),
    case(
        "points=[{data.density:0.5},{data.density:0.6,seed:1}]",
        "points.1.seed: not in the rows above",
    ),
    case(
        "points=[{model.n_hidden:2},{model.n_hiden:3}]",
        "points.1.model.n_hiden: not in the rows above; did you mean model.n_hidden?",
    ),
    case("points=[{model.n_hiden:2}]", "points.model.n_hiden: unknown; did you mean n_hidden?"),
    case("points=[{data.density:2}]", f"points.data.density=2: {DENSITY}"),
    case("points=[{model.n_hidden:0}]", f"points.model.n_hidden=0: {COUNT}"),
    case("points=[{seed:1},{seed:1}]", "points.seed: [1] appears twice, expected"),
    case("points=[{model.n_hidden:2},{model:{n_hidden:2}}]", "points.model.n_hidden: [2] appears"),
    case("points=[{seed:1}];sweep.seed=[1,2]", "points.seed: in sweep too, expected once"),
    case(
        "points=[{seed:1,data.density:0.5},{seed:2,data.density:1}]"
        ";sweep.optim.learning_rate=[0.1,0.2];zipped=[[seed,optim.learning_rate]]",
        "zipped=['seed', 'data.density']: expected names of axes, each in one group",
    ),
]
MORE = [
    case("title=[1]", "title=[1]: expected a text"),
    case("question=null", "question=None: expected a text"),
    case("objective=lss", "objective=lss: expected one of features_per_dimension, loss, "),
    case("objective=[]", "objective=[]: expected the name of a result, or a list of names"),
    case("assets=3", "assets=3: expected a loader for each name"),
    case("+assets.model={kind:digits}", "assets.model: expected another name, which no component"),
    case("+assets.x={kind:digits}", "assets.x: no component has an argument of that name"),
    case(
        "+assets.x={kind:aray}",
        "assets.x.kind='aray': expected one of activations, array,",
    ),
    case(
        "+assets.x={kind:tokens,held_out_share:1}", "assets.x.held_out_share=1: expected a number"
    ),
    case(
        "+assets.x={kind:tokens,split:test}", "assets.x.split='test': expected one of train, held"
    ),
    case("+assets.x={kind:tokens,context:0}", f"assets.x.context=0: {COUNT}"),
    case("+assets.x={kind:members,store:a,step:-1}", "assets.x.step=-1: expected an integer in"),
    # Functions and rules by their numbers.
    case(
        "data=truth_table;data.function=256;model.n_hidden=2",
        "data.function=256: expected an integer in [0, 256)",
    ),
    case("data=truth_table;data.n_features=5", "data.n_features=5: expected an integer in [1, 4]"),
    case("data=two_rules;data.n_features=6", "data.n_features=6: expected an odd integer in [5,"),
    case("data=concepts;data.text=5", "data.text=5: expected a number in [0, 4]"),
    case("data=concepts;data.n_valued=4", "data.n_valued=4: expected at most a third of n_used=9"),
    # Problems, and what solves them.
    case(
        "data=problems;data.family=multimodal;data.n_features=10",
        "data.n_features=10: expected one of 8, 12, 16, 20, 24, 28, 32, 36, ... of multimodal",
    ),
    case(
        "data=problems;data.family=max_cut;data.n_features=66;model=update_rule",
        "model.family='max_cut': expected one of quadratics, multimodal",
    ),
    case(
        "data=problems;model=amortised;evaluations=unrolled",
        "evaluations.unrolled.model: expected update_rule",
    ),
    case(
        "experiment=optimisation/max_cut;evaluations.direct.doublings=40",
        "evaluations.direct.doublings=40: expected an integer in [1, 16]",
    ),
    case(
        "experiment=optimisation/max_cut;evaluations.program_search.n_steps=12",
        "evaluations.program_search.n_steps=12: expected a power of two up to 32",
    ),
    case(
        "experiment=optimisation/quadratics;variants.solution.sweep.model.width=[2,4,8,16,32,64,65]",
        "model.width=65.0: expected at most n_hidden=64",
    ),
    case(
        "experiment=optimisation/quadratics;evaluations.direct.family=max_cut",
        "evaluations.direct.n_features=44: expected one of 1, 3, 6, 10, 15, 21, 28, 36, ... of max",
    ),
    case("experiment=optimisation/max_cut;model.shuffled=2", "model.shuffled=2: expected a number"),
    # Labels and names.
    case(
        "experiment=values/controls;evaluations.policy.budgets=[20.0]",
        "evaluations.policy.budgets.0=20.0: expected less than 6.93 nats, the logarithm of 1,024",
    ),
    case(
        "experiment=values/controls;evaluations.policy.budgets=[]",
        "evaluations.policy.budgets=[]: expected one or more",
    ),
    case(
        "experiment=values/labels;data.label_noise=0.6", "data.label_noise=0.6: expected a number"
    ),
    case(
        "experiment=values/labels;data.named_share=1.2", "data.named_share=1.2: expected a number"
    ),
    case("experiment=values/labels;data.n_items=1", "data.n_items=1: expected an integer in [2"),
    case(
        "experiment=values/names;~variants.told.sweep.evaluations;~variants.told.zipped"
        ";evaluations.ambiguous_pointer.n_names=16",
        "evaluations.ambiguous_pointer.n_names=16: expected 1 to 1,000,000 sets of 32 concep",
    ),
    case("data=two_rules;data.pair=6", "data.pair=6: expected a number in [0, 5]"),
    case("data=branches;data.n_features=4", "data.n_features=4: expected 3"),
    case("data=branches;data.occupancy=1.5", "data.occupancy=1.5: expected a number in [0, 1]"),
    case("experiment=traps/ppo;model.floor=0.5", "model.floor=0.5: expected a number in [0, 0.5)"),
    case("experiment=traps/ppo;model.n_hidden=31", "model.rank=32.0: expected at most n_hidden=31"),
    case(
        "experiment=traps/ppo;data.environment.n_nuisance=4", "data.n_features=10: expected the 9"
    ),
    # Agents.
    case("data=rollouts", "data.model: expected one with a policy, such as actor_critic"),
    case("evaluations=behaviour", "evaluations.behaviour.source: expected one with an environment"),
    case(
        f"{AGENTS};data.n_features=12",
        "data.n_features=12: expected the 14 numbers that environment shows",
    ),
    case(
        f"{AGENTS};data.environment.penalty=-1", "data.environment.penalty=-1: expected a number in"
    ),
    case(
        f"{AGENTS};data.environment.n_steps=1", "model: takes inputs float32[12, 14], expected the"
    ),
    case(
        f"{AGENTS};model.entropy_bonus=-0.1", "model.entropy_bonus=-0.1: expected a number in [0, "
    ),
    case(
        "experiment=myopia/shutdown;evaluations.epoch_table.allowed=[]",
        "evaluations.epoch_table.allowed=[]: expected one N or more",
    ),
    case(
        "experiment=myopia/investment;fit.updates_per_draw=7",
        "fit.updates_per_draw=7: expected a divisor of log_every=1200",
    ),
    case(f"{AGENTS};model.n_actions=2", "data.model: has n_actions=2, expected the 3 of environ"),
    case(f"{AGENTS};model.n_steps=11", "model: takes inputs float32[11, 14], expected the float32"),
    case(f"{AGENTS};model.n_actions=1", "model.n_actions=1: expected at least 2 with d_action=0"),
    case(f"{AGENTS};data.discount=1.5", "data.discount=1.5: expected a number in [0, 1]"),
    case(
        f"{AGENTS};data.environment.encoding.kind=onehot",
        "data.environment.encoding.kind='onehot': expected one of frozen, hidden, one_hot,",
    ),
    case(
        f"{AGENTS};encoding@data.environment.encoding=several;data.environment.encoding.gains=[1]",
        "data.environment.encoding.gains: has 1, expected 2, one for each",
    ),
    case(
        "data=examples;model=language_model;+assets.examples={kind:tokens}",
        "assets.examples.austen=None: expected one text or more",
    ),
    case(
        "data=examples;model=language_model;+assets.examples={kind:tokens,kjv:nowhere}",
        "assets.examples.kjv=nowhere: missing, expected what `make corpus` fetches",
    ),
    case("+evaluations.superposition.at_start=1", "evaluations.superposition.at_start=1: expected"),
    case("+evaluations.nothing.every=10", "evaluations.nothing: unknown, expected one of "),
    case("engine.kernel=pallas", "engine.kernel=pallas: expected xla, as there is no GPU"),
    case("model.n_hidden=2147483647", "model: W of shape [5, 2147483647], expected a smaller one"),
    case("+variants.a/b={seed:1}", "+variants.a/b={seed:1}: mismatched input '/' expecting EQUAL"),
    case("+variants.a={sead:1}", "variants.a.sead: unknown; did you mean seed?"),
    case(
        "+hydra.callbacks.x._target_=os.getcwd",
        "hydra.callbacks={'x': {'_target_': 'os.getcwd'}}: expec",
    ),
    case(
        "hydra.launcher._target_=os.getcwd", "hydra.launcher._target_='os.getcwd': expected hydra."
    ),
    case("hydra/launcher=joblib", "hydra/launcher=joblib: expected one of basic, vmap"),
    case("seed=1,2", "seed=1,2: several values, expected one, or -m for a job each, or an axis of"),
    case("model.n_hidden=range(3)", "model.n_hidden=range(3): several values, expected one, or -m"),
]
"""Sections of a config beside the components, and what Hydra is not to be told."""
WHOLE = [
    case("output_dir=null", "output_dir=null: expected a value"),
    case("model=[autoencoder,mlp]", "model=[autoencoder,mlp]: expected one of these, or -m model"),
    case("claims;foo", "argument size: invalid choice: 'foo'"),
    case("report;foo", "argument what: invalid choice: 'foo'"),
    case("claims;--jobs;0", "argument --jobs: 0: expected an integer in [1, 256]"),
    case("report;--jobs;many", "argument --jobs: many: expected an integer in [1, 256]"),
    case("export", "the following arguments are required: folder, file"),
    case("experiment=a,b", "experiment=a,b: several values, expected one, or -m for a job each"),
    case("experimnt=train", "experimnt=train: unknown key; did you mean experiment?"),
    case("-m;seed=glob(*)", "seed=glob(*): no values, expected one or more"),
    case("--config-path;x", "--config-path: not taken, expected --config-dir"),
    case("--config-dir;nowhere", "--config-dir nowhere: expected a folder with configs"),
    case("--nonsense", "unrecognized arguments: --nonsense"),
    case("--with", "--with: expected a package, as in --with my_package"),
    case("--with;no_such_package", "--with no_such_package: no such package; looked in "),
]
"""Command lines of their own."""
