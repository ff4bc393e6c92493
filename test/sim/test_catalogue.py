import builtins
from itertools import pairwise

import pytest

from lr_ros.sim.catalogue import CATALOGUE, choose, objects_in
from lr_ros.sim.lights import SETTINGS, setting
from lr_ros.sim.mesh import SimulatorUnavailableError, load_pybullet

TETRAHEDRON = "v 0 0 0\nv 1 0 0\nv 0 1 0\nv 0 0 1\nf 1 3 2\nf 1 2 4\nf 1 4 3\nf 2 3 4\n"


def test_objects_are_chosen_by_name_in_the_order_asked_for():
    names = ("mug", "duck")
    assert tuple(spec.name for spec in choose(names, CATALOGUE)) == names
    assert choose((), CATALOGUE) == CATALOGUE
    with pytest.raises(KeyError, match="unicorn"):
        choose(("duck", "unicorn"), CATALOGUE)


def test_a_folder_of_objects_is_read(tmp_path):
    (tmp_path / "pyramid.obj").write_text(TETRAHEDRON)
    for place in ("a", "b"):
        (tmp_path / place).mkdir()
        (tmp_path / place / "model.urdf").write_text("<robot/>")
        (tmp_path / place / "mesh.obj").write_text(TETRAHEDRON)
    names = [spec.name for spec in objects_in(tmp_path)]
    assert names == ["pyramid", "a_model", "b_model"]


def test_a_data_sets_own_folders_are_searched(tmp_path):
    for name in ("apple", "bowl"):
        place = tmp_path / "ycb" / name / "google_16k"
        place.mkdir(parents=True)
        (place / "textured.obj").write_text(TETRAHEDRON)
    robot = tmp_path / "robot"
    (robot / "meshes").mkdir(parents=True)
    (robot / "robot.urdf").write_text("<robot/>")
    (robot / "meshes" / "arm.obj").write_text(TETRAHEDRON)
    names = [spec.name for spec in objects_in(tmp_path)]
    assert names == ["robot", "ycb_apple_google_16k_textured", "ycb_bowl_google_16k_textured"]


def test_folders_without_objects_are_refused(tmp_path):
    with pytest.raises(FileNotFoundError, match="no URDF or OBJ"):
        objects_in(tmp_path)
    with pytest.raises(FileNotFoundError, match="nowhere"):
        objects_in(tmp_path / "nowhere")


def test_settings_pair_every_background_with_every_light_once():
    pairs = [setting(number) for number in range(SETTINGS)]
    assert len(set(pairs)) == SETTINGS
    assert len({background for background, _ in pairs[:8]}) == 8
    assert all(a[1] != b[1] for a, b in pairwise(pairs))


def test_a_missing_pybullet_is_explained(monkeypatch):
    real = builtins.__import__

    def without(name, *args, **kwargs):
        if name == "pybullet":
            raise ModuleNotFoundError("No module named 'pybullet'")
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(SimulatorUnavailableError, match=r"-m pip install pybullet==3\.2\.7"):
        load_pybullet()
