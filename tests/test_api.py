"""REST: the contract of every answer and of every refusal, through Starlette's own test client."""

import base64
import io
import json
import shutil

import numpy as np
import pytest
from PIL import Image
from starlette.requests import ClientDisconnect
from starlette.testclient import TestClient

from digitcore import api as rest
from digitcore.digits import load_mnist
from digitcore.ensemble import scaled
from digitcore.members import DEFAULT, Members
from digitcore.runs import RECIPE, STATE, WEIGHTS, RunStore


@pytest.fixture(scope="module")
def client():
    members = Members(RunStore())
    return TestClient(rest.create_api(lambda: members))


def png(image: np.ndarray) -> bytes:
    out = io.BytesIO()
    Image.fromarray(image).save(out, "PNG")
    return out.getvalue()


def digit_file(index: int) -> bytes:
    return png(load_mnist(train=False).images[index].numpy())


SEVEN, TWO = digit_file(0), digit_file(1)
EMPTY = png(np.full((50, 50), 255, np.uint8))
TEXT = b"this is no picture"


def hold_answer(answer: dict, digit: int) -> None:
    assert answer["status"] == "success"
    assert answer["prediction"] == digit
    assert len(answer["probabilities"]) == 10
    assert answer["confidence"] == max(answer["probabilities"]) == answer["probabilities"][digit]
    assert sum(answer["probabilities"]) == pytest.approx(1, abs=1e-4)
    for member in answer["models"].values():
        assert member["prediction"] == np.argmax(member["probabilities"])
        assert sum(member["probabilities"]) == pytest.approx(1, abs=1e-4)
    together = np.mean([[m["probabilities"] for m in answer["models"].values()]], axis=1)
    champion = RunStore().ensembles()[DEFAULT]
    is_champion = list(answer["models"]) == list(champion.members)
    expected = scaled(together, champion.temperature if is_champion else 1.0)[0]
    assert answer["probabilities"] == pytest.approx(expected.tolist(), abs=1e-5)


def refused(response, code: int) -> str:
    assert response.status_code == code
    assert response.json().keys() == {"status", "error"}
    assert response.json()["status"] == "error"
    assert response.json()["error"]
    return response.json()["error"]


def test_health_names_every_model_and_ensemble(client):
    health = client.get("/health").json()
    models, ensembles = list(RunStore().runs()), list(RunStore().ensembles())
    assert health == {"status": "ok", "models": models, "ensembles": ensembles}


def test_multipart_is_answered(client):
    hold_answer(client.post("/predict", files={"image": SEVEN}).json(), 7)


def test_raw_body_is_answered_whatever_its_content_type(client):
    for kind in ("image/png", "application/octet-stream", "application/x-www-form-urlencoded", ""):
        headers = {"content-type": kind}
        hold_answer(client.post("/predict", content=TWO, headers=headers).json(), 2)


@pytest.mark.parametrize("prefix", ["", "data:image/png;base64,"])
def test_json_is_answered(client, prefix):
    encoded = prefix + base64.b64encode(SEVEN).decode()
    hold_answer(client.post("/predict", json={"image": encoded}).json(), 7)
    several = client.post("/predict", json={"image": [encoded]}).json()["predictions"]
    hold_answer(several[0], 7)


def test_all_forms_give_the_same_answer(client):
    encoded = base64.b64encode(SEVEN).decode()
    answers = [
        client.post("/predict", files={"image": SEVEN}).json(),
        client.post("/predict", content=SEVEN).json(),
        client.post("/predict", json={"image": encoded}).json(),
    ]
    assert answers[0] == answers[1] == answers[2]


def test_several_images_keep_their_order_and_a_bad_one_its_place(client):
    files = [("image", data) for data in (SEVEN, TEXT, EMPTY, TWO)]
    body = client.post("/predict", files=files).json()
    assert body["status"] == "success"
    hold_answer(body["predictions"][0], 7)
    assert body["predictions"][1].keys() == body["predictions"][2].keys() == {"status", "error"}
    hold_answer(body["predictions"][3], 2)


def test_only_bad_images_are_each_an_error_in_place(client):
    body = client.post("/predict", files=[("image", TEXT), ("image", EMPTY)]).json()
    assert [answer["status"] for answer in body["predictions"]] == ["error", "error"]


def test_models_are_chosen_in_the_order_given(client):
    names = list(RunStore().runs())[:2][::-1]
    answer = client.post(f"/predict?models={','.join(names)}", content=SEVEN).json()
    assert list(answer["models"]) == names
    hold_answer(answer, 7)


def test_models_that_are_named_one_by_one_answer_all(client):
    answer = client.post("/predict?models=tiny&models=dense,slim", content=SEVEN).json()
    assert list(answer["models"]) == ["tiny", "dense", "slim"]


def test_a_form_field_that_there_is_not_is_refused(client):
    """It was overlooked, and other models answered than were asked for."""
    file = {"image": ("a.png", digit_file(0), "image/png")}
    sent = client.post("/predict", files=file, data={"models": "trio"})
    assert sent.status_code == 422 and sent.json()["error"].startswith("models: There is no such")
    assert "?models=" in sent.json()["error"]


@pytest.mark.parametrize("how", ["a b", "data:", "DATA:", "url-safe", "unpadded", "lines", "mark"])
def test_base64_is_read_however_it_is_written(client, how):
    text = base64.b64encode(SEVEN).decode()
    body = {
        "a b": f" {text} ", "data:": f" data:image/png;base64,{text}",
        "DATA:": f"DATA:image/png;base64,{text}", "unpadded": text.rstrip("="),
        "url-safe": base64.urlsafe_b64encode(SEVEN).decode(),
        "lines": "\n".join(text[start : start + 76] for start in range(0, len(text), 76)),
    }.get(how, text)  # fmt: skip
    content = json.dumps({"image": body}).encode()
    content = b"\xef\xbb\xbf" + content if how == "mark" else content
    headers = {"content-type": "application/json"}
    hold_answer(client.post("/predict", content=content, headers=headers).json(), 7)


def test_an_ensemble_is_chosen_by_its_name(client):
    for name, ensemble in RunStore().ensembles().items():
        answer = client.post(f"/predict?models={name}", content=SEVEN).json()
        assert list(answer["models"]) == list(ensemble.members)


def test_without_a_choice_the_default_ensemble_answers(client):
    members = RunStore().ensembles()["champion"].members
    assert list(client.post("/predict", content=SEVEN).json()["models"]) == list(members)


@pytest.mark.parametrize("body", [TEXT, b"", EMPTY, SEVEN[:60]], ids=str)
def test_no_picture_or_no_ink_is_400(client, body):
    refused(client.post("/predict", content=body), 400)
    refused(client.post("/predict", files={"image": ("digit.png", body)}), 400)
    refused(client.post("/predict", json={"image": base64.b64encode(body).decode()}), 400)


def test_broken_base64_is_400(client):
    refused(client.post("/predict", json={"image": "data:image/png;base64,@@"}), 400)
    assert "comma" in refused(client.post("/predict", json={"image": "data:image/png;base64"}), 400)


@pytest.mark.parametrize("kind", ["application/x-www-form-urlencoded", "text/plain", None])
@pytest.mark.parametrize("body", [b'{"image": "iVBO"}', b"image=iVBO"])
def test_json_that_is_not_called_so_is_told_how_to_be(client, kind, body):
    headers = {"content-type": kind} if kind else {}
    words = refused(client.post("/predict", content=body, headers=headers), 422)
    assert "content-type: application/json" in words


@pytest.mark.parametrize("body", [{}, {"image": 3}, {"picture": "x"}, [], {"image": []}, "x"])
def test_json_that_does_not_fit_is_422(client, body):
    refused(client.post("/predict", json=body), 422)


def test_broken_json_is_422(client):
    headers = {"content-type": "application/json"}
    refused(client.post("/predict", content=b"{", headers=headers), 422)
    refused(client.post("/predict", content=b"\xff\xfe", headers=headers), 422)


def test_multipart_without_the_field_is_422(client):
    assert "'image'" in refused(client.post("/predict", files={"file": SEVEN}), 422)


def test_broken_multipart_is_refused(client):
    headers = {"content-type": "multipart/form-data"}
    refused(client.post("/predict", content=b"no boundary", headers=headers), 400)


def test_an_argument_that_is_none_is_422_and_named(client):
    assert "model: There is no" in refused(client.post("/predict?model=tiny", content=SEVEN), 422)
    assert "nameless" in refused(client.post("/predict?=tiny", content=SEVEN), 422)
    words = refused(client.post("/predict", json={"image": 3}), 422)
    assert words == "image: Send text: a picture as base64 or as a data URL."
    for words in (f"models={'x' * 5000}", f"{'x' * 5000}=1"):
        assert len(refused(client.post(f"/predict?{words}", content=SEVEN), 422)) < 800


def test_health_may_be_asked_for_its_head_alone(client):
    answer = client.head("/health")
    assert (answer.status_code, answer.content) == (200, b"")


def test_a_caller_who_hangs_up_leaves_no_traceback(client, monkeypatch):
    async def gone(_):
        raise ClientDisconnect

    monkeypatch.setattr(rest, "pictures", gone)
    assert "connection broke" in refused(client.post("/predict", content=SEVEN), 400)


def test_unknown_model_is_422_and_the_known_are_named(client):
    words = refused(client.post("/predict?models=../../etc", content=SEVEN), 422)
    assert all(name in words for name in RunStore().runs())


def test_over_ten_megabytes_is_413(client):
    too_much = b"\0" * (rest.MAX_BODY + 1)
    refused(client.post("/predict", content=too_much), 413)
    refused(client.post("/predict", files={"image": too_much}), 413)
    refused(client.post("/predict", content=iter([too_much])), 413)


def test_too_many_images_are_refused(client):
    files = [("image", b"x")] * (rest.MAX_IMAGES + 1)
    refused(client.post("/predict", files=files), 422)
    refused(client.post("/predict", json={"image": ["x"] * (rest.MAX_IMAGES + 1)}), 422)


def test_pixels_of_a_request_are_capped_and_the_rest_refused_in_place(client, monkeypatch):
    monkeypatch.setattr(rest.answers, "MAX_PIXELS", 28 * 28 * 2)
    body = client.post("/predict", files=[("image", SEVEN)] * 3).json()
    assert [answer["status"] for answer in body["predictions"]] == ["success", "success", "error"]
    hold_answer(client.post("/predict", content=SEVEN).json(), 7)


def serve(folder) -> TestClient:
    members = Members(RunStore(folder))
    members.warm_up()
    return TestClient(rest.create_api(lambda: members))


def test_a_model_that_vanishes_meanwhile_is_said_to_be_gone(tmp_path, monkeypatch):
    """A run may be deleted after a request has named it and before its turn has come."""
    shutil.copytree(WEIGHTS / "tiny", tmp_path / "tiny")
    client, choose = serve(tmp_path), Members.choose

    def deleted_then(members: Members, names):
        chosen = choose(members, names)
        shutil.rmtree(tmp_path / "tiny", ignore_errors=True)
        return chosen

    monkeypatch.setattr(Members, "choose", deleted_then)
    assert "tiny is not there" in refused(client.post("/predict", content=SEVEN), 503)


def test_without_a_model_the_service_says_so(tmp_path):
    empty = {"status": "ok", "models": [], "ensembles": []}
    assert serve(tmp_path).get("/health").json() == empty
    refused(serve(tmp_path).post("/predict", content=SEVEN), 503)


@pytest.mark.parametrize("file", [STATE, RECIPE])
def test_a_damaged_model_is_named_and_the_others_answer(tmp_path, file):
    for name in ("tiny", "dense"):
        shutil.copytree(WEIGHTS / name, tmp_path / name)
    (tmp_path / "tiny" / file).write_bytes(b"damaged")
    client = serve(tmp_path)
    assert f"tiny/{file}" in refused(client.post("/predict", content=SEVEN), 503)
    hold_answer(client.post("/predict?models=dense", content=SEVEN).json(), 7)


@pytest.mark.parametrize(("method", "path"), [("GET", "/predict"), ("POST", "/health")])
def test_wrong_method_is_405(client, method, path):
    response = client.request(method, path)
    refused(response, 405)
    assert response.headers["allow"]


def test_documentation_loads_nothing_from_outside(client):
    page = client.get("/docs").text
    assert "swagger" in page
    assert "http://" not in page
    assert "https://" not in page
    assert client.get("/static-offline-docs/swagger-ui-bundle.js").status_code == 200
    answers = client.get("/openapi.json").json()["paths"]["/predict"]["post"]["responses"]
    assert {"200", "400", "405", "413", "422", "503"} == answers.keys()
    assert {"/health", "/predict"} <= client.get("/openapi.json").json()["paths"].keys()
