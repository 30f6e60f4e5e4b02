"""Wrong versions of the functions of norm, each with one mistake that is easy to make."""

MUTANTS = {
    "norm_fwd": {
        "divides the variance by n - 1": (
            "centered.square().mean(axes, keepdim=True)",
            "x.var(axes, keepdim=True)",
        ),
        "adds 1 to the variance in place of eps": ("scale = (var + eps)", "scale = (var + 1)"),
        "does not add eps": ("scale = (var + eps)", "scale = var"),
        "adds eps to the standard deviation": (
            "(var + eps).rsqrt()",
            "1 / (var.sqrt() + eps)",
        ),
        "does not subtract the mean": ("xhat = centered", "xhat = x"),
        "divides by the variance": (".rsqrt()", ".reciprocal()"),
        "always takes axis 0": ("    mean = x", "    axes = (0,)\n    mean = x"),
    },
    "norm_bwd": {
        "treats the mean as a constant": ("(x_g - mean)", "(x_g + 0 * mean)"),
        "treats the variance as a constant": ("value=-1", "value=0"),
        "adds what comes through the variance": ("value=-1", "value=1"),
        "gives zeros": lambda original: lambda *args: tuple(0 * g for g in original(*args)),
        "has the wrong sign": lambda original: lambda *args: tuple(-g for g in original(*args)),
        "gives twice the gradient": lambda original: (
            lambda *args: tuple(2 * g for g in original(*args))
        ),
        "halves the gradient of the weight": (
            ".mul_(scale), weight_g",
            ".mul_(scale), weight_g / 2",
        ),
        "halves the gradient of the bias": ("weight_g, bias_g\n", "weight_g, bias_g / 2\n"),
        "forgets the weight where each group has one": (
            "out_g, scale * weight",
            "out_g, scale",
        ),
        "forgets the weight where a group has several": (
            "x_g = out_g * weight",
            "x_g = out_g",
            "products * weight",
            "products",
        ),
    },
    "BatchNorm": {
        "keeps the variance divided by n": ("* len(rows) / (len(rows) - 1)", "* 1"),
        "moves the running statistics by 1 - momentum": (
            "self.momentum, self.eps = momentum, eps",
            "self.momentum, self.eps = 1 - momentum, eps",
        ),
        "evaluates with the statistics of the batch": (
            "if not self.training:",
            "if False:",
        ),
        "has an eps of 1": ("momentum, eps\n", "momentum, 1.\n"),
        "treats the statistics as constants": (
            "        return out.view(",
            "        means = self.running_mean * 0 + rows.detach().mean(0)\n"
            "        variances = rows.detach().var(0, correction=0)\n"
            "        out = _norm_with(rows, means, variances, self.weight, self.bias, self.eps)\n"
            "        return out.view(",
        ),
        "never updates the running mean": (
            "self.running_mean.lerp_(mean[0], self.momentum)",
            "pass",
        ),
        "never updates the running variance": (
            "self.running_var.lerp_(var[0] * len(rows) / (len(rows) - 1), self.momentum)",
            "pass",
        ),
    },
    "LayerNorm": {
        "normalises all rows together": (
            "tuple(range(-len(shape), 0))",
            "tuple(range(x.dim()))",
        ),
        "normalises the last axis only": ("tuple(range(-len(shape), 0))", "(-1,)"),
    },
    "GroupNorm": {
        "makes one group of all channels": (
            "self.groups, self.eps = groups, eps",
            "self.groups, self.eps = 1, eps",
        ),
        "normalises each channel by itself": ("(2, 3), self.eps", "(3,), self.eps"),
    },
    "InstanceNorm": {
        "has an eps that is too large": ("nf, nf, eps", "nf, nf, 1e5 * eps"),
        "makes one group of all channels": ("nf, nf, eps", "1, nf, eps"),
    },
    # --- exercises ---
    "normalise_channels": {
        "takes the mean over the images only": (
            "x.mean((0, 2, 3), keepdim=True)",
            "x.mean(0, keepdim=True)",
        ),
        "normalises each image by itself": (
            "mean = x.mean((0, 2, 3)",
            "mean = x.mean((2, 3)",
            "square().mean((0, 2, 3)",
            "square().mean((2, 3)",
        ),
        "divides the variance by n - 1": (
            "(x - mean).square().mean((0, 2, 3), keepdim=True)",
            "x.var((0, 2, 3), keepdim=True)",
        ),
        "divides by the variance": (".sqrt()", ""),
        "adds eps to the standard deviation": ("(var + eps).sqrt()", "(var.sqrt() + eps)"),
    },
    "new_running": {
        "moves by 1 - momentum": (
            "    var = x",
            "    momentum = 1 - momentum\n    var = x",
        ),
        "divides the variance by n": ("correction=1", "correction=0"),
        "keeps the standard deviation": ("x.var(0", "x.std(0"),
        "takes the statistics over all numbers": ("x.mean(0)", "x.mean()"),
    },
    "fold_norm": {
        "forgets the running mean": ("(bias - norm.running_mean)", "bias"),
        "forgets the bias of the layer": ("(bias - norm.running_mean)", "(-norm.running_mean)"),
        "does not scale the bias of the layer": (
            "(bias - norm.running_mean) * scale",
            "bias - norm.running_mean * scale",
        ),
        "forgets the weight of the normalisation": ("norm.weight / ", "1 / "),
        "forgets eps": ("(norm.running_var + norm.eps)", "norm.running_var"),
    },
    "rms_norm": {
        "subtracts the mean": (
            "    return x",
            "    x = x - x.mean(-1, keepdim=True)\n    return x",
        ),
        "takes the sum of the squares": ("square().mean(", "square().sum("),
        "takes the mean over all rows": (".mean(-1, keepdim=True)", ".mean()"),
        "adds eps to the root": (" + eps).sqrt()", ").sqrt() + eps"),
        "forgets the weight": (".sqrt() * weight", ".sqrt()"),
    },
}
