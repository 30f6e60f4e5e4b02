"""The server: the process that forks a worker for each notebook and watches over it.

launch.py   runs in the front: starts the process; run as a script, it is the process
client.py   runs in the front: sends commands, reads reports, restarts a server that died
server.py   runs in the server: its loop
job.py      runs in the server: one running notebook
pipes.py    runs in the server: the pipes between it and a worker
outputs.py  runs in the server: the outputs of one cell
"""
