"""Keeps a few loaded objects in memory."""

from __future__ import annotations

from collections import OrderedDict

from lr_ros.sim.catalogue import ObjectSpec
from lr_ros.sim.mesh import Fit, Mesh


class MeshCache:
    """The objects of a scene by name; only the ``limit`` used last are kept in memory.

    ``limit`` may be changed at any time. Each loaded object costs some 35 MB; loading one takes
    30 to 250 ms.
    """

    def __init__(self, specs: tuple[ObjectSpec, ...], limit: int = 3) -> None:
        self._specs = {spec.name: spec for spec in specs}
        self.limit = limit
        self._meshes: OrderedDict[str, Mesh] = OrderedDict()
        self._fits: dict[str, Fit] = {}

    def get(self, name: str) -> Mesh:
        """Return the object of this name, loading it where needed (errors as :class:`Mesh`)."""
        if name not in self._meshes:
            self._meshes[name] = Mesh(self._specs[name], self._fits.get(name))
            self._fits[name] = self._meshes[name].fit
        self._meshes.move_to_end(name)
        while len(self._meshes) > self.limit:
            self._meshes.popitem(last=False)[1].close()
        return self._meshes[name]

    def close(self) -> None:
        """Give all memory back."""
        while self._meshes:
            self._meshes.popitem()[1].close()
