"""Wrong versions of the functions of resnet, each with one mistake that is easy to make."""

MUTANTS = {
    "ResBlock": {
        "has no short cut": ("self.convs(x) + self", "self.convs(x) + 0 * self"),
        "applies the relu before the sum": (
            "torch.relu(self.convs(x) + self.widen(self.pool(x)))",
            "torch.relu(self.convs(x)) + self.widen(self.pool(x))",
        ),
        "lets no gradient through the short cut": (
            "self.widen(self.pool(x)))",
            "self.widen(self.pool(x)).detach())",
        ),
        "starts with a last weight of 1": ("zero_gamma: bool = True", "zero_gamma: bool = False"),
        "sets the first normalisation to zero": ("self.convs[-1].weight", "self.convs[1].weight"),
        "drops the edge of odd images": ("ceil_mode=True", "ceil_mode=False"),
        "has the stride in the second convolution": (
            "conv(ni, nf, 3, stride, 1, bias=False)",
            "conv(ni, nf, 3, 1, 1, bias=False)",
            "conv(nf, nf, 3, 1, 1, bias=False)",
            "conv(nf, nf, 3, stride, 1, bias=False)",
        ),
        "has no relu between the convolutions": ("nn.ReLU()", "nn.Identity()"),
    },
    "ResNet": {
        "takes the maximum of each channel": (
            "nn.AdaptiveAvgPool2d(1)",
            "nn.AdaptiveMaxPool2d(1)",
        ),
        "has no relu behind the first convolution": (
            "nn.ReLU(), *blocks",
            "nn.Identity(), *blocks",
        ),
        "does not halve the size in blocks": (
            "ResBlock(ni, nf, 2, conv",
            "ResBlock(ni, nf, 1, conv",
        ),
        "stores the channels first": ("torch.channels_last", "torch.contiguous_format"),
        "has other convolutions in the blocks": ("2, conv=conv, ", "2, "),
        "accepts images without channels": ("if x.dim() != 4 or", "if x.dim() == 4 and"),
    },
    # --- exercises ---
    "join_ways": {
        "applies the relu before the sum": (
            "torch.relu(layers(x) + short_cut(x))",
            "torch.relu(layers(x)) + short_cut(x)",
        ),
        "forgets the relu": (
            "return torch.relu(layers(x) + short_cut(x))",
            "return layers(x) + short_cut(x)",
        ),
        "forgets the short cut": (
            "return torch.relu(layers(x) + short_cut(x))",
            "return torch.relu(layers(x))",
        ),
        "adds x in place of short_cut(x)": (
            "return torch.relu(layers(x) + short_cut(x))",
            "return torch.relu(layers(x) + x)",
        ),
    },
    "count_parameters": {
        "forgets the short cuts that change the channels": ("total += ni * nf\n", "pass\n"),
        "forgets the normalisations": (
            "25 + 2 * nfs[0]",
            "25",
            "ni * nf * 9 + 2 * nf",
            "ni * nf * 9",
            "nf * nf * 9 + 2 * nf",
            "nf * nf * 9",
        ),
        "forgets the bias of the linear layer": ("* 10 + 10", "* 10"),
        "gives the convolutions biases": (
            "nfs[0] * 25",
            "nfs[0] * 26",
            "ni * nf * 9 + 2 * nf",
            "ni * nf * 9 + 3 * nf",
            "nf * nf * 9 + 2 * nf",
            "nf * nf * 9 + 3 * nf",
            "ni * nf\n",
            "ni * nf + nf\n",
        ),
        "gives the first convolution windows of 3 by 3": ("nfs[0] * 25", "nfs[0] * 9"),
    },
    "count_answers": {
        "exchanges rows and columns": ("labels * c + answers", "answers * c + labels"),
        "counts a pair once, however often it occurs": (
            ".view(c, c)",
            ".view(c, c).clamp_max(1)",
        ),
        "counts only the mistakes": (
            "    return",
            "    wrong = answers != labels\n"
            "    answers, labels = answers[wrong], labels[wrong]\n    return",
        ),
        "gives fractions of each class": (
            "    return (labels * c + answers).bincount(minlength=c * c).view(c, c)",
            "    table = (labels * c + answers).bincount(minlength=c * c).view(c, c)\n"
            "    return table / table.sum(1, keepdim=True)",
        ),
    },
    "pre_activation_block": {
        "applies a relu to the sum": (
            "return x + conv2(torch.relu(norm2(hidden)))",
            "return torch.relu(x + conv2(torch.relu(norm2(hidden))))",
        ),
        "normalises behind the convolutions": (
            "conv1(torch.relu(norm1(x)))",
            "norm1(conv1(torch.relu(x)))",
            "conv2(torch.relu(norm2(hidden)))",
            "norm2(conv2(torch.relu(hidden)))",
        ),
        "applies the relu before the normalisation": (
            "torch.relu(norm1(x))",
            "norm1(torch.relu(x))",
            "torch.relu(norm2(hidden))",
            "norm2(torch.relu(hidden))",
        ),
        "adds the relu of x": ("return x + conv2", "return torch.relu(x) + conv2"),
        "has no short cut": ("return x + conv2", "return conv2"),
    },
}
