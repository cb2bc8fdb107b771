"""A commune on the other broker: nodes come, an order is carried out, a broker killed with its data is filled again, a node dies with its will."""

import pytest

from loa.broker import ENGINES
from loa.firmware import topics
from loa.site.model import Broker
from loa.testing import Commune, eventually
from loa.testing.lab import default_site

if ENGINES["mosquitto"].is_here():

    @pytest.mark.loa(site=default_site().model_copy(update={"broker": Broker(kind="mosquitto")}), nodes=["ban-hin-1", "ban-la-1"])
    def test_a_commune_lives_on_mosquitto(loa_commune: Commune) -> None:
        commune = loa_commune
        for name in commune.nodes:
            commune.start_node(name)
        commune.wait_online()
        desk, area = commune.desk, commune.station.area
        order = desk.volume(area, 40)
        for name in commune.nodes:
            eventually(lambda name=name: desk.nodes.state(name).get("volume") == 40, f"{name} obeys {order}")
        commune.broker.kill()
        commune.broker.wipe()
        newest = desk.volume(area, 60)
        commune.broker.start()
        for name in commune.nodes:
            eventually(lambda name=name: desk.nodes.state(name).get("volume") == 60, f"{name} obeys {newest}")
        assert desk.documents.current(topics.AIR, area) is not None
        commune.nodes["ban-la-1"].power_off()
        eventually(lambda: [one.id for one in desk.status() if one.online] == ["ban-hin-1"], "the will of the node that died")
