"""Wrong versions of the functions of 01_matmul, each with one mistake that is easy to make."""

MUTANTS = {
    "matmul_loops": {
        "overwrites the sum instead of adding to it": ("c[i, j] += ", "c[i, j] = "),
        "takes an element of the wrong column of `b`": ("b[p, j]", "b[p, p % m]"),
        "reads `b` transposed": ("b[p, j]", "b.t().reshape(b.shape)[p, j]"),
        "leaves out the first product": ("in range(k)", "in range(1, k)"),
        "adds where it should multiply": ("a[i, p] * b[p, j]", "a[i, p] + b[p, j]"),
        "works in float32": lambda original: lambda a, b: original(a.float(), b.float()),
        "changes its input": lambda original: lambda a, b: original(a.mul_(2), b) / 2,
    },
    "broadcast_shape": {
        "aligns the shapes at the first dimension": lambda original: (
            lambda *shapes: original(*(shape[::-1] for shape in shapes))[::-1]
        ),
        "takes the larger size, even beside 0": (
            "wanted.pop() if wanted else 1",
            "max(sizes)",
        ),
        "wants the same number of dimensions": (
            "    aligned = ",
            "    if any(len(shape) != ndim for shape in shapes):\n"
            "        raise ShapeError('numbers of dimensions differ')\n"
            "    aligned = ",
        ),
        "repeats only one of the shapes": (
            "    return tuple(result)",
            "    if tuple(result) not in shapes:\n"
            "        raise ShapeError('both would have to be repeated')\n"
            "    return tuple(result)",
        ),
    },
    "matmul_broadcast": {
        "forgets None, so that a row of `a` meets the rows of `b`": ("a[i, :, None]", "a[i]"),
        "sums over the columns": (".sum(0)", ".sum(1)"),
        "forgets None and sums over the columns": (
            "(a[i, :, None] * b).sum(0)",
            "(a[i] * b).sum(1)",
        ),
        "takes the mean instead of the sum": (
            "(a[i, :, None] * b).sum(0)",
            "(a[i, :, None] * b).sum(0) / max(1, len(b))",
        ),
    },
    "matmul_einsum": {
        "does not check the sizes": ("    product_sizes(a, b)\n", ""),
        "transposes the result": ("'ik,kj->ij'", "'ik,kj->ji'"),
        "transposes `b`": ("'ik,kj->ij'", "'ik,jk->ij'"),
        "does not sum over the products": ("'ik,kj->ij'", "'ik,kj->ikj'"),
    },
    "matmul_outer": {
        "keeps only the last of the outer products": ("c += ", "c = "),
        "leaves out the last column of `a`": ("range(len(b))", "range(len(b) - 1)"),
        "forgets that a column needs a second dimension": ("a[:, p, None]", "a[:, p]"),
    },
    "center_rows": {
        "subtracts the means of the columns": ("mean(1, ", "mean(0, "),
        "subtracts the mean of the whole matrix": ("x.mean(1, keepdim=True)", "x.mean()"),
        "forgets keepdim": ("1, keepdim=True", "1"),
    },
    "sum_of_squares": {
        "returns a sum for each row": ("'ij,ij->'", "'ij,ij->i'"),
        "multiplies each element by its mirror image": (
            "torch.einsum('ij,ij->', x, x)",
            "torch.einsum('ij,ji->', x, x)",
        ),
        "adds up the elements without squaring them": ("'ij,ij->', x, x", "'ij->', x"),
    },
    "windows": {
        "begins each window where the one before ended": ("(1, 1))", "(size, 1))"),
        "makes one window too few": ("len(x) - size + 1", "len(x) - size"),
        "repeats the same window in each row": ("(1, 1))", "(0, 1))"),
        "copies the numbers": ("(1, 1))", "(1, 1)).clone()"),
    },
    "row_times_column": {
        "takes row j of `b` instead of column j": ("b[:, j]", "b[j]"),
        "confuses i and j": ("a[i].dot(b[:, j])", "a[j].dot(b[:, i])"),
        "returns a tensor": (".item()", ""),
    },
}
