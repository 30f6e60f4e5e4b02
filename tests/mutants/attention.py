"""Wrong versions of the functions of 14_attention, each with one mistake that is easy to make."""

MUTANTS = {
    "attention": {
        "does not divide by the root of the width": (" / math.sqrt(q.shape[-1])", ""),
        "divides by the width and not by its root": (
            "math.sqrt(q.shape[-1])",
            "q.shape[-1]",
        ),
        "divides by the root of the number of keys": (
            "math.sqrt(q.shape[-1])",
            "math.sqrt(k.shape[-2])",
        ),
        "takes the mask for the hidden keys": ("masked_fill(~mask", "masked_fill(mask"),
        "sets hidden scores to 0": ("-math.inf", "0."),
        "takes the softmax over the queries": (
            "weights = softmax(scores)",
            "weights = softmax(scores.mT).mT",
        ),
        "overflows with large scores": (
            "weights = softmax(scores)",
            "weights = scores.exp() / scores.exp().sum(-1, keepdim=True)",
        ),
    },
    "attention_grad": {
        "forgets that the weights of a row add up to 1": ("(weights_g - mean)", "weights_g"),
        "forgets the factor of the scores": ("1 / math.sqrt(q.shape[-1])", "1"),
        "takes the mean over the queries": (".sum(-1, keepdim=True)", ".sum(-2, keepdim=True)"),
        "does not weight the mean": ("(weights_g * weights).sum", "weights_g.mean"),
        "confuses queries and keys": (
            "scale * scores_g @ k, scale * scores_g.mT @ q",
            "scale * scores_g @ k, scale * scores_g.mT @ q.flip(-1)",
        ),
    },
    "MultiHeadAttention": {
        "splits the length instead of the features": (
            "x.view(*x.shape[:2], self.heads, -1).transpose(1, 2)",
            "x.reshape(x.shape[0], self.heads, x.shape[1], -1)",
        ),
        "does not put the heads back in their order": (
            "out.transpose(1, 2).reshape(x.shape)",
            "out.reshape(x.shape)",
        ),
        "confuses keys and values": ("q, k, v = (", "q, v, k = ("),
        "sees the future": ("if self.causal else None", "if not self.causal else None"),
    },
    "causal_average": {
        "looks at the future, too": (".float()", ".float().T"),
        "divides by the whole length": ("mask.sum(1, keepdim=True)", "len(x)"),
        "returns sums instead of means": (" / mask.sum(1, keepdim=True)", ""),
    },
    "attend": {
        "does not divide by the root of the width": (" / math.sqrt(len(query))", ""),
        "divides by the width and not by its root": ("math.sqrt(len(query))", "len(query)"),
        "divides by the root of the number of keys": ("len(query)", "len(keys)"),
        "does not take the softmax": ("softmax(scores)", "scores"),
    },
    "split_heads": {
        "forgets to move the heads in front of the length": (
            "x.view(n, length, heads, d // heads).transpose(1, 2)",
            "x.view(n, heads, length, d // heads)",
        ),
        "gives each head every second feature": (
            "x.view(n, length, heads, d // heads).transpose(1, 2)",
            "x.view(n, length, d // heads, heads).permute(0, 3, 1, 2)",
        ),
        "leaves the length in front of the heads": (".transpose(1, 2)", ""),
    },
    "softmax_grad": {
        "forgets that the weights of a row add up to 1": (
            "(weights_g - (weights_g * weights).sum(-1, keepdim=True))",
            "weights_g",
        ),
        "subtracts a mean that is not weighted": ("(weights_g * weights).sum", "weights_g.mean"),
        "sums over the rows": (".sum(-1, keepdim=True)", ".sum(0, keepdim=True)"),
        "forgets the factor in front": ("weights * (weights_g -", "(weights_g -"),
    },
}
