"""Wrong versions of the functions of accel, each with one mistake that is easy to make."""

from literate.exercises import helper

MUTANTS = {
    "default_device": {
        "always takes the CPU": ("available_devices()[0]", "torch.device('cpu')"),
        "takes the last device": ("available_devices()[0]", "available_devices()[-1]"),
        "knows no device but cuda and the CPU": helper(
            "available_devices", "('cuda', 'mps', 'cpu')", "('cuda', 'cpu')"
        ),
    },
    "to_device": {
        "moves only tensors and modules": (
            "if isinstance(thing, dict):",
            "return thing\n    if 0:",
        ),
        "leaves everything where it is": (
            "return thing.to(device)",
            "return thing.to('cpu')",
        ),
        "makes lists of tuples": ("type(thing)(parts)", "parts"),
        "makes plain tuples of tuples with names": (
            "type(thing)(*parts) if hasattr(thing, '_fields') else type(thing)(parts)",
            "tuple(parts) if isinstance(thing, tuple) else parts",
        ),
    },
    "Precision": {
        "gives its output in 16 bits": ("self.model(x).float()", "self.model(x)"),
        "keeps its weights in 16 bits": (
            "self.model, self.dtype = model, dtype",
            "self.model, self.dtype = model.to(dtype), dtype",
        ),
        "computes nothing in 16 bits": (
            "with torch.autocast(x.device.type, self.dtype):",
            "if True:",
        ),
        "shortens only the input": (
            "        with torch.autocast(x.device.type, self.dtype):\n"
            "            return self.model(x).float()",
            "        return self.model(x.to(self.dtype).float())",
        ),
        "trains a copy": ("= model, dtype", "= copy.deepcopy(model), dtype"),
        "accepts float16": (
            "(torch.bfloat16, torch.float32)",
            "(torch.bfloat16, torch.float32, torch.float16)",
        ),
    },
    "time_step": {
        "makes no backward pass": ("loss_func(model(x), y).backward()", "loss_func(model(x), y)"),
        "changes the running statistics": ("model.load_state_dict(state)", "pass"),
        "leaves its gradients behind": (
            "    finally:\n        model.zero_grad()",
            "    finally:\n        pass",
        ),
        "does not wait for the device": ("synchronize(x.device)", "pass"),
        "leaves the network in training": ("model.train(was_training)", "pass"),
    },
    # --- exercises ---
    "round_to": {
        "cuts the digits off": (".round()", ".trunc()"),
        "keeps a digit too few": (
            "(fraction * 2 ** bits).round() / 2 ** bits",
            "(fraction * 2 ** (bits - 1)).round() / 2 ** (bits - 1)",
        ),
        "keeps a digit too many": (
            "(fraction * 2 ** bits).round() / 2 ** bits",
            "(fraction * 2 ** (bits + 1)).round() / 2 ** (bits + 1)",
        ),
        "rounds to digits behind the point": (
            "    fraction, exponent = torch.frexp(x)\n",
            "    fraction, exponent = x, torch.zeros_like(x, dtype=torch.int32)\n",
        ),
    },
    "sum_in_pairs": {
        "adds one after the other": (
            "    while len(x) > 1:\n",
            "    while len(x) > 1:\n"
            "        x = torch.cat([x[:1] + x[1:2], x[2:]])\n"
            "        continue\n",
        ),
        "loses the last number of an odd row": (", x[len(x) // 2 * 2:]])", "])"),
        "adds in float32": (
            "    while len(x) > 1:",
            "    x = x.float().sum()[None].to(x.dtype)\n    while len(x) > 1:",
        ),
    },
    "strides_of": {
        "always has the channels first": ("if channels_last", "if False"),
        "always has the channels last": ("if channels_last", "if True"),
        "exchanges both layouts": ("if channels_last", "if not channels_last"),
        "takes the height for the width": (
            "1, w * c, c)",
            "1, h * c, c)",
            "h * w, w, 1)",
            "h * w, h, 1)",
        ),
    },
    "products_per_byte": {
        "forgets the result": ("+ n * m))", "))"),
        "forgets the size of a number": (
            "(size * (",
            "((",
        ),
        "counts the numbers of bytes for each multiplication": (
            "n * k * m / (size * (n * k + k * m + n * m))",
            "(size * (n * k + k * m + n * m)) / (n * k * m)",
        ),
        "counts additions, too": ("return n * k * m", "return 2 * n * k * m"),
    },
}
