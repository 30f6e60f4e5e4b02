"""Wrong versions of the functions of conv, each with one mistake that is easy to make."""

from literate.exercises import helper


def stride_then_pad(im2col):
    "The stride is taken before the frame is added."

    def wrong(x, k, stride=1, padding=0):
        return im2col(x[..., ::stride, ::stride], k, 1, padding)

    return wrong


def pad_after_stride(conv2d):
    "The frame does not count for where the windows begin."

    def wrong(x, weight, bias=None, stride=1, padding=0):
        margin = (weight.shape[-1] - 1) // 2 if padding else 0
        return conv2d(x, weight, bias, 1, margin)[..., ::stride, ::stride]

    return wrong


def changed(position, change):
    "One of the gradients is changed."

    def edit(conv2d_grad):
        def wrong(*args):
            grads = list(conv2d_grad(*args))
            grads[position] = change(grads[position])
            return tuple(grads)

        return wrong

    return edit


def times(factor):
    "All gradients are multiplied by a number."
    return lambda conv2d_grad: lambda *args: tuple(factor * grad for grad in conv2d_grad(*args))


RETURN_IMAGES = "    return framed[:, padding:padding + h, padding:padding + w].permute(0, 3, 1, 2)"

MUTANTS = {
    "out_size": {
        "forgets the padding": ("size + 2 * padding - k", "size - k"),
        "pads one side only": ("2 * padding - k", "padding - k"),
        "leaves out the last window": ("// stride + 1", "// stride"),
        "rounds up": (
            "(size + 2 * padding - k) // stride + 1",
            "-((k - size - 2 * padding) // stride) + 1",
        ),
    },
    "im2col": {
        "forgets the padding": ("pad(x, padding)", "x"),
        "takes the stride before the padding": stride_then_pad,
        "ignores the stride": ("k, stride).", "k, 1)."),
        "has the channels first": ("stride).flatten(3)", "stride).movedim(5, 3).flatten(3)"),
    },
    "conv2d": {
        "turns the kernel by 180 degrees": (
            "_as_matrix(weight)\n",
            "_as_matrix(weight.flip(2, 3))\n",
        ),
        "pads after the stride": pad_after_stride,
        "transposes the kernel": ("_as_matrix(weight)\n", "_as_matrix(weight.transpose(2, 3))\n"),
        "forgets the bias": ("out if bias is None else out + bias", "out"),
        "pads with ones": helper("im2col", "pad(x, padding)", "pad(x, padding, 1.)"),
        "takes the channels in the wrong order": (
            "_as_matrix(weight)\n",
            "_as_matrix(weight.flip(1))\n",
        ),
    },
    "col2im": {
        "overwrites where windows overlap": ("places += ", "places[:] = "),
        "forgets to cut the frame off": (
            "framed[:, padding:padding + h, padding:padding + w]",
            "framed[:, :h, padding:padding + w]",
        ),
        "returns zeros": (RETURN_IMAGES, RETURN_IMAGES + " * 0"),
        "has the wrong sign": (RETURN_IMAGES, RETURN_IMAGES + " * -1"),
        "is twice too large": (RETURN_IMAGES, RETURN_IMAGES + " * 2"),
        "transposes the windows": ("patches[:, :, :, i, j]", "patches[:, :, :, j, i]"),
    },
    "conv2d_grad": {
        "returns zeros": times(0),
        "has the wrong sign": times(-1),
        "is twice too large": times(2),
        "turns the kernel": ("out_g, weight, x.shape", "out_g, weight.flip(2, 3), x.shape"),
        "turns the gradient of the weights": changed(1, lambda grad: grad.flip(2, 3)),
        "takes the mean over the images for the weights": changed(1, lambda grad: grad / 2),
        "takes the mean over the images for the bias": changed(2, lambda grad: grad / 2),
        "turns the gradient of the input upside down": changed(0, lambda grad: grad.flip(2)),
    },
    "max_pool": {
        "pads with zeros": ("-math.inf", "0."),
        "takes the mean": (".max(3).values", ".mean(3)"),
        "ignores the stride": ("k, stride, padding", "k, 1, padding"),
        "takes the smallest": ("-math.inf", "math.inf", ".max(3)", ".min(3)"),
    },
    "avg_pool": {
        "adds up and does not divide": (".mean((3, 4))", ".sum((3, 4))"),
        "takes the largest": (".mean((3, 4))", ".amax((3, 4))"),
    },
    "conv1d": {
        "turns the kernel around": ("* weight)", "* weight.flip(-1))"),
        "leaves out the last window": ("- k + 1)]", "- k)]"),
        "looks at the first channel only": (
            "(window[:, None] * weight)",
            "(window[:, None, :1] * weight[:, :1])",
        ),
        "takes the mean": (".sum((2, 3))", ".mean((2, 3))"),
    },
    "receptive_field": {
        "ignores the strides": ("step *= stride", "pass"),
        "adds whole windows": ("(k - 1) * step", "k * step"),
        "multiplies the windows": ("size += (k - 1) * step", "size *= k"),
        "applies a stride to its own layer": (
            "        size += (k - 1) * step\n        step *= stride\n",
            "        step *= stride\n        size += (k - 1) * step\n",
        ),
    },
    "avg_pool_grad": {
        "does not divide": (" / k ** 2", ""),
        "divides by k": (" / k ** 2", " / k"),
        "repeats the whole image": (
            "out_g.repeat_interleave(k, 2).repeat_interleave(k, 3)",
            "out_g.repeat(1, 1, k, k)",
        ),
    },
    "depthwise": {
        "gives all channels the first kernel": ("weight[i][None", "weight[0][None"),
        "adds up the channels": (
            "torch.cat(channels, 1)",
            "sum(channels).expand(-1, len(weight), -1, -1)",
        ),
        "turns the kernels": ("weight[i][None, None]", "weight[i].flip(0, 1)[None, None]"),
    },
}
