from app.interactions.dedupe import RecentInteractions


def test_an_id_is_claimed_once() -> None:
    recent = RecentInteractions()

    assert recent.claim(1, 0.0)
    assert not recent.claim(1, 1.0)
    assert recent.claim(2, 1.0)


def test_a_released_id_can_be_claimed_again() -> None:
    recent = RecentInteractions()
    recent.claim(1, 0.0)

    recent.release(1)
    recent.release(1)

    assert recent.claim(1, 0.0)


def test_old_ids_are_forgotten() -> None:
    recent = RecentInteractions(age_s=10)
    for identity in range(5):
        recent.claim(identity, float(identity))

    assert recent.claim(0, 10.0)
    assert not recent.claim(3, 12.9)
    assert recent.claim(5, 12.9)
    assert len(recent) == 4  # 3, 4, 5 and 0, which was evicted and added again


def test_no_more_ids_are_kept_than_allowed() -> None:
    recent = RecentInteractions(limit=100)
    for identity in range(1000):
        assert recent.claim(identity, 0.0)

    assert len(recent) == 100
    assert not recent.claim(999, 0.0)
    assert recent.claim(0, 0.0)
