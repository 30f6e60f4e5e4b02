"""Cells with stored outputs, for the tests that compare and save them."""


def cell(source: str, *outputs: object, count: int | None = 1) -> dict:
    return {
        "cell_type": "code",
        "id": "cell0001",
        "metadata": {},
        "source": source,
        "execution_count": count,
        "outputs": list(outputs),
    }


def printed(text: object, name: str = "stdout") -> dict:
    return {"output_type": "stream", "name": name, "text": text}


def result(text: str) -> dict:
    return {
        "output_type": "execute_result",
        "execution_count": 1,
        "metadata": {},
        "data": {"text/plain": text},
    }


def displayed(**data: str) -> dict:
    return {"output_type": "display_data", "metadata": {}, "data": data}
