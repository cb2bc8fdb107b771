"""The node application: what a village loudspeaker runs. `app.py` is where to begin reading."""
