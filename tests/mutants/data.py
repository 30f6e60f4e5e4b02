"""Wrong versions of the functions of data, each with one mistake that is easy to make."""

MUTANTS = {
    "normalize": {
        "forgets to subtract the mean": ("return (x - m) / s", "return x / s"),
        "multiplies by the standard deviation": ("return (x - m) / s", "return (x - m) * s"),
        "takes the statistics of its own numbers": (
            "return (x - m) / s",
            "return (x - x.mean()) / x.std()",
        ),
    },
    "most_ink": {
        "looks for the darkest pixel": ("images.sum(1)", "images.max(1).values"),
        "counts the pixels with ink": ("images.sum(1)", "(images > 0).sum(1)"),
        "finds the least ink": (".argmax()", ".argmin()"),
        "adds up over the images": ("images.sum(1)", "images.sum(0)"),
    },
    "always_blank": {
        "counts all blank pixels of all images": (
            "(images == 0).all(0).sum()",
            "(images == 0).sum()",
        ),
        "counts pixels that are blank in any image": (".all(0)", ".any(0)"),
        "counts images without any ink": (".all(0)", ".all(1)"),
        "counts the pixels that are used": ("(images == 0).all(0)", "(images != 0).any(0)"),
    },
    "mean_images": {
        "divides by the number of all images": (
            "x[y == digit].mean(0)",
            "x[y == digit].sum(0) / len(x)",
        ),
        "takes the mean of each image": ("x[y == digit].mean(0)", "x[y == digit].mean(1)[:1]"),
        "does not divide": ("x[y == digit].mean(0)", "x[y == digit].sum(0)"),
        "counts the digits from 1": ("range(classes)", "range(1, classes + 1)"),
    },
    "normalize_pixels": {
        "takes the statistics of the images themselves": (
            "train.mean(0), train.std(0)",
            "images.mean(0), images.std(0)",
        ),
        "divides by 0 where a pixel never changes": ("std.where(std > 0, 1.)", "std"),
        "takes one mean and one deviation for all pixels": (
            "train.mean(0), train.std(0)",
            "train.mean(), train.std()",
        ),
        "forgets to subtract the mean": ("(images - mean)", "images"),
    },
}
